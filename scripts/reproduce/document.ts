import { decimal, percent, signedPercentInterval } from "../../src/report/number-format.ts";
import type { ResultsTable } from "../../src/report/table.ts";
import { behaviourPart, groupParts, qualityPart, type TablePart } from "../../src/report/table-format.ts";
import { markdownTable, type TextColumn } from "../../src/report/text-table.ts";
import type { StudyResults } from "./results.ts";
import type { Study, Subject } from "./study.ts";

/** The results as a Markdown document, with what is missing. `command` reproduces them. */
export function studyDocument(study: Study, results: StudyResults, command: string): string {
  const { seeds, finished, unfinished, tables } = results;
  return `${[
    `# ${study.title}`,
    "Written by the command below, which writes it anew each time; remarks belong in `docs/log.md`.",
    `\`\`\`sh\n${command}\n\`\`\``,
    study.text,
    `Seeds ${seeds.join(", ")}. **${finished} of ${finished + unfinished.length} results are there**${
      unfinished.length === 0 ? "." : "; what is missing stands at the end."
    }`,
    ...tables.flatMap(({ title, text, table }) => [`## ${title}`, text, ...tableParts(table)]),
    "## Differences",
    "In points of win rate and of reward (0 to 100), paired by seed and test goal. _p_: exact sign test over all pairs.",
    comparisonTable(results),
    "## Win rate of each seed",
    seedTable(results),
    "## How to read the figures",
    notes(results),
    ...(unfinished.length === 0 ? [] : ["## Missing", missing(results)]),
  ].join("\n\n")}\n`;
}

function tableParts(table: ResultsTable): string[] {
  if (table.rows.length === 0) return ["Nothing yet."];
  return [withSeeds(table, qualityPart(table)), behaviourPart(table), ...groupParts(table)].map(
    ({ columns, rows }) => markdownTable(columns, rows),
  );
}

/** Rows may differ in how many seeds they have; a reader must see that. */
function withSeeds(table: ResultsTable, { columns, rows }: TablePart): TablePart {
  return {
    columns: [...columns, { title: "seeds", align: "right" }],
    rows: rows.map((row, index) => [...row, String(table.rows[index]?.runs ?? 0)]),
  };
}

function comparisonTable({ comparisons }: StudyResults): string {
  const columns: TextColumn[] = [
    { title: "difference", align: "left" },
    { title: "win % [95%]", align: "right" },
    { title: "reward [95%]", align: "right" },
    { title: "p", align: "right" },
    { title: "seeds", align: "right" },
    { title: "expected", align: "left" },
    { title: "found", align: "left" },
  ];
  const rows = comparisons.map(({ first, second, expected, seeds, difference, verdict }) => [
    `${name(first)} - ${name(second)}${first.family === "main" ? "" : ` (${first.family})`}`,
    difference === undefined ? "-" : signedPercentInterval(difference.winRate),
    difference === undefined ? "-" : signedPercentInterval(difference.reward),
    difference === undefined
      ? "-"
      : difference.signTest < 0.001
        ? "< 0.001"
        : decimal(difference.signTest, 3),
    String(seeds),
    expected,
    verdict,
  ]);
  return markdownTable(columns, rows);
}

function name({ method }: Subject): string {
  return method === "expert" ? "the expert" : method;
}

/** Row per seed, column per method of a family. */
function seedTable({ seeds, outcomes }: StudyResults): string {
  const subjects = [...new Set(outcomes.map(({ family, method }) => JSON.stringify([family, method])))];
  const columns: TextColumn[] = [
    { title: "family", align: "left" },
    { title: "method", align: "left" },
    ...seeds.map((seed) => ({ title: `seed ${seed}`, align: "right" }) as const),
  ];
  const rows = subjects.map((subject) => {
    const of = outcomes.filter(({ family, method }) => JSON.stringify([family, method]) === subject);
    const shares = seeds.map((seed) => {
      const wins = of.find((outcome) => outcome.seed === seed)?.wins;
      return wins === undefined ? "-" : percent(wins.replaceAll("0", "").length / wins.length);
    });
    return [of[0]?.family ?? "", of[0]?.method ?? "", ...shares];
  });
  return rows.length === 0 ? "Nothing yet." : markdownTable(columns, rows);
}

function notes({ tables, comparisons }: StudyResults): string {
  const runs = Math.max(0, ...tables.flatMap(({ table }) => table.rows.map((row) => row.runs)));
  const uneven = tables.some(({ table }) => new Set(table.rows.map((row) => row.runs)).size > 1);
  const few = comparisons.some(({ seeds }) => seeds > 0 && seeds < 5);
  return [
    runs !== 1
      ? "- Intervals are 95% bootstraps over runs (seeds) and goals; differences are paired. A win rate of one seed has Wilson's interval."
      : "- One seed only: intervals are over its goals, and say nothing about how much seeds differ.",
    ...(few
      ? [
          "- With fewer than 5 seeds the spread between runs is poorly known: take the intervals as too narrow.",
        ]
      : []),
    ...(uneven
      ? [
          "- Rows with different numbers of seeds are not comparable by their win rates: look at the paired differences.",
        ]
      : []),
    "- _found_ is what the interval says: _undecided_ if it holds 0 where a difference was expected. An expectation",
    "  such as _not below 0_ only asks that the interval does not lie on the other side; it does not prove equality.",
    "- Several comparisons are made; their intervals are not corrected for that.",
    "- _hard_: won, of the goals that neither the expert nor the behaviour-cloned student won. _inval.%_: share of the",
    "  actions that were refused. _next, prev, back_: uses in an average episode. _simul., tokens, minutes_: what the",
    "  method spent on average (a simulation or fine-tuning that methods share counts for each); _minutes_ depend on the machine.",
    ...(tables.some(({ table }) => table.rows.some((row) => row.groups !== undefined))
      ? ["- By kind of task: win rate in % and mean reward, of _n_ episodes."]
      : []),
  ].join("\n");
}

function missing({ unfinished }: StudyResults): string {
  const byMethod = Map.groupBy(unfinished, ({ family, method }) =>
    family === "main" ? method : `${method} (${family})`,
  );
  return [
    ...[...byMethod].map(([method, of]) => `- ${method}: seeds ${of.map(({ seed }) => seed).join(", ")}`),
    "",
    "The same command continues where it stopped.",
  ].join("\n");
}
