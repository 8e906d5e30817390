import { defaultBaseline } from "../report/html/report.ts";
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

/** Says on standard error how the episodes ended, failures among them. */
export function printEndings({ facts = [] }: RunResults): void {
  for (const { name, value } of facts) console.error(`${name}: ${value}`);
}
