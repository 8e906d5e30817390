import { count, decimal, percent, percentInterval, signedPercentInterval } from "./number-format.ts";
import { printableLine } from "./printable.ts";
import type { ResultsRow, ResultsTable } from "./table.ts";
import { markdownTable, type TextColumn, textTable } from "./text-table.ts";

export interface TablePart {
  readonly columns: readonly TextColumn[];
  readonly rows: readonly (readonly string[])[];
}

/** Columns of methods that fit into 80 columns beside the names of groups. */
const methodsAcross = 4;

/** For a terminal of 80 columns: tables, one below the other, and how the intervals were made. */
export function resultsTableToText(table: ResultsTable): string {
  const parts = [qualityPart(table), behaviourPart(table), ...groupParts(table, methodsAcross)];
  return [...parts.map(({ columns, rows }) => textTable(columns, rows)), resultsTableNote(table)].join(
    "\n\n",
  );
}

/** For a document: the same tables in Markdown. */
export function resultsTableToMarkdown(table: ResultsTable): string {
  const parts = [qualityPart(table), behaviourPart(table), ...groupParts(table)];
  return [...parts.map(({ columns, rows }) => markdownTable(columns, rows)), resultsTableNote(table)].join(
    "\n\n",
  );
}

/** How well: win rate, difference to the baseline, reward, hard tasks. Also the first table of the report. */
export function qualityPart({ baseline, rows }: ResultsTable): TablePart {
  return {
    columns: [
      { title: "method", align: "left" },
      { title: "win % [95%]", align: "right" },
      ...(baseline === undefined
        ? []
        : [{ title: `vs ${printableLine(baseline, 12)} [95%]`, align: "right" } as const]),
      { title: "reward", align: "right" },
      { title: "hard", align: "right" },
    ],
    rows: rows.map((row) => [
      printableLine(row.method, 17),
      percentInterval(row.winRate),
      ...(baseline === undefined
        ? []
        : [row.comparison === undefined ? "-" : signedPercentInterval(row.comparison.winRate)]),
      decimal(row.meanReward, 3),
      row.hardTasks === undefined ? "-" : `${row.hardTasks.solved}/${row.hardTasks.tasks}`,
    ]),
  };
}

/** How: steps, invalid actions, navigation, and what it cost. Also the second table of the report. */
export function behaviourPart(table: ResultsTable): TablePart {
  const { rows } = table;
  const navigates = hasNavigation(table);
  const column = (title: string): TextColumn => ({ title, align: "right" });
  return {
    columns: [
      { title: "method", align: "left" },
      { title: "steps", align: "right" },
      { title: "inval.%", align: "right" },
      ...(navigates ? ["next", "prev", "back"].map(column) : []),
      { title: "simul.", align: "right" },
      { title: "tokens", align: "right" },
      { title: "minutes", align: "right" },
    ],
    rows: rows.map((row) => [
      printableLine(row.method, 17),
      decimal(row.steps, 1),
      percent(row.invalidShare),
      ...(navigates
        ? [row.navigation.next, row.navigation.previous, row.navigation.back].map((uses) => decimal(uses, 2))
        : []),
      count(row.budget?.simulations ?? Number.NaN),
      count(row.budget?.tokens ?? Number.NaN),
      decimal(row.budget?.minutes ?? Number.NaN, 1),
    ]),
  };
}

/** Only some environments have pages to turn. */
function hasNavigation({ rows }: ResultsTable): boolean {
  return rows.some(({ navigation }) => navigation.next + navigation.previous + navigation.back > 0);
}

/**
 * Win rate and mean reward by kind of task, a row for each; nothing where tasks have no kind. With more methods than `most`
 * there are several such tables.
 */
export function groupParts({ rows }: ResultsTable, most = rows.length): TablePart[] {
  const grouped = rows.filter((row) => row.groups !== undefined);
  const names = [...new Set(grouped.flatMap(({ groups = [] }) => groups.map(({ group }) => group)))];
  return Array.from({ length: Math.ceil(grouped.length / most) }, (_, index) =>
    groupPart(grouped.slice(index * most, (index + 1) * most), names),
  );
}

function groupPart(rows: readonly ResultsRow[], names: readonly string[]): TablePart {
  const resultOf = ({ groups = [] }: ResultsRow, name: string) => groups.find(({ group }) => group === name);
  return {
    columns: [
      { title: "win %, reward", align: "left" },
      { title: "n", align: "right" },
      ...rows.map(({ method }) => ({ title: printableLine(method, 10), align: "right" }) as const),
    ],
    rows: names.map((name) => [
      printableLine(name, 26),
      String(Math.max(...rows.map((row) => resultOf(row, name)?.evaluations ?? 0))),
      ...rows.map((row) => {
        const result = resultOf(row, name);
        return result === undefined ? "-" : `${percent(result.winRate)} ${decimal(result.meanReward, 2)}`;
      }),
    ]),
  };
}

/** What a reader must know to read the intervals. */
export function resultsTableNote(table: ResultsTable): string {
  const { baseline, rows } = table;
  const runs = Math.max(0, ...rows.map((row) => row.runs));
  const evaluations = Math.max(0, ...rows.map((row) => row.evaluations));
  const several = runs > 1;
  return [
    `${runs} ${several ? "runs" : "run"}, ${evaluations} evaluated episodes of each method.`,
    `Win rates: ${several ? "bootstrap over runs and tasks" : "Wilson's interval over the tasks of this one run"}.`,
    ...(baseline === undefined
      ? []
      : [
          `Differences to ${printableLine(baseline, 30)}: bootstrap paired by ${several ? "run and task" : "task"}.`,
        ]),
    "hard: won, of the tasks that no expert and no behaviour-cloned student won.",
    ...(hasNavigation(table) ? ["next, prev, back: uses in an average episode."] : []),
    ...(rows.some((row) => row.groups !== undefined)
      ? ["By kind of task: win rate in % and mean reward, of n episodes."]
      : []),
  ].join("\n");
}
