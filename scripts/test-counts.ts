/**
 * Prints "N passed, M failed, K skipped" from the JSON report of the test runner, and before it how many were skipped for want of what.
 * Fails in CI where ScienceWorld's tests were skipped, unless EEF_SKIP_SCIENCEWORLD is set.
 *
 *     node scripts/test-counts.ts report.json
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { countTests } from "./count-tests.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("name the report: node scripts/test-counts.ts report.json");
const { passed, failed, skipped, reasons, scienceWorldSkipped } = countTests(
  JSON.parse(readFileSync(file, "utf8")),
);
for (const [reason, count] of reasons) console.log(`skipped ${count}: ${reason}`);
const isAllowed = (process.env.EEF_SKIP_SCIENCEWORLD ?? "") !== "";
if (scienceWorldSkipped > 0 && process.env.CI === "true" && !isAllowed) {
  console.log(
    `${scienceWorldSkipped} tests of ScienceWorld were skipped, which counts as a failure in CI; EEF_SKIP_SCIENCEWORLD=1 allows it.`,
  );
  process.exitCode = 1;
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
