/**
 * Prints "N passed, M failed" from the JSON report of the test runner.
 *
 *     node scripts/test-counts.ts report.json
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { z } from "zod";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("name the report: node scripts/test-counts.ts report.json");
const report = z
  .object({ numPassedTests: z.number(), numFailedTests: z.number(), success: z.boolean() })
  .parse(JSON.parse(readFileSync(file, "utf8")));
// A file that could not be loaded has no test that failed.
const failed = report.success ? 0 : Math.max(1, report.numFailedTests);
console.log(`${report.numPassedTests} passed, ${failed} failed`);
