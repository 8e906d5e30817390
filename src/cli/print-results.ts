import { ConfigurationError } from "../errors.ts";
import { nearest } from "../nearest.ts";
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
  const results = methodResults(runs);
  checkBaseline(
    options.baseline,
    results.map(({ method }) => method),
  );
  const baseline = options.baseline ?? defaultBaseline(methods);
  const table = resultsTable(results, {
    ...(baseline === undefined ? {} : { baseline }),
    ...(haveOtherTasks(runs) ? { sharedTasks: false } : {}),
  });
  console.log(options.json ? JSON.stringify(table, null, 2) : resultsTableToText(table));
}

/** Equal ids do not make equal tasks: a catalogue may follow the seed. */
function haveOtherTasks(runs: readonly RunResults[]): boolean {
  const known = runs.flatMap(({ evaluationTasks }) => evaluationTasks ?? []);
  return new Set(known).size > 1;
}

/** @throws ConfigurationError for a baseline that stands in no row of the table. */
export function checkBaseline(baseline: string | undefined, rows: readonly string[]): void {
  if (baseline === undefined || rows.includes(baseline)) return;
  const suggestion = nearest(baseline, rows);
  throw new ConfigurationError(`There is no method "${baseline}" to compare with.`, {
    hint: `${suggestion === undefined ? "" : `Did you mean "${suggestion}"? `}There are ${rows.join(", ")}.`,
  });
}

/** Says on standard error how the episodes ended, failures among them. */
export function printEndings({ facts = [] }: RunResults): void {
  for (const { name, value } of facts) console.error(`${name}: ${value}`);
}
