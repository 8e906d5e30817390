import { methodResults } from "../report/method-results.ts";
import type { RunResults } from "../report/results.ts";
import { resultsTable } from "../report/table.ts";
import { resultsTableToText } from "../report/table-format.ts";

/** Prints the results table of one or several runs. */
export function printResults(
  runs: readonly RunResults[],
  options: { readonly json: boolean; readonly baseline?: string | undefined },
): void {
  const methods = [...new Set(runs.flatMap((run) => run.evaluations.map((evaluation) => evaluation.method)))];
  const baseline = options.baseline ?? defaultBaseline(methods);
  const table = resultsTable(methodResults(runs), baseline === undefined ? {} : { baseline });
  console.log(options.json ? JSON.stringify(table, null, 2) : resultsTableToText(table));
}

/** RFT with the largest number of rollouts is the fair baseline (method.md); then plain RFT, then the first method. */
function defaultBaseline(methods: readonly string[]): string | undefined {
  const rftTimes = methods.filter((name) => /^RFT x\d+$/.test(name));
  const largest = rftTimes.toSorted((left, right) => Number(right.slice(5)) - Number(left.slice(5)))[0];
  return largest ?? methods.find((name) => name === "RFT") ?? methods[0];
}
