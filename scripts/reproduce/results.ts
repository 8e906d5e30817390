import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type MethodResult, methodResults } from "../../src/report/method-results.ts";
import type { RunResults } from "../../src/report/results.ts";
import { type Comparison, type ResultsTable, resultsTable } from "../../src/report/table.ts";
import { readResults } from "../../src/run/results.ts";
import { readRunDirectory } from "../../src/run/run-directory.ts";
import {
  type ComparisonPlan,
  type Expectation,
  familiesOf,
  lastIteration,
  runDirectoryPath,
  type Study,
  type Subject,
} from "./study.ts";

/** What the run directories of a study hold at this moment, as plain data for JSON. */
export interface StudyResults {
  readonly seeds: readonly number[];
  /** Every method of every family and seed that has no result yet. */
  readonly unfinished: readonly { readonly family: string; readonly method: string; readonly seed: number }[];
  readonly finished: number;
  readonly tables: readonly { readonly title: string; readonly text: string; readonly table: ResultsTable }[];
  readonly comparisons: readonly StudyComparison[];
  /** How each seed went: "1" for a test task that was won, "0" for one that was not, in the order of the tasks. */
  readonly outcomes: readonly {
    readonly family: string;
    readonly method: string;
    readonly seed: number;
    readonly wins: string;
  }[];
  /** The `config.json` of one run of each family: all settings. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface StudyComparison extends ComparisonPlan {
  /** Seeds that both have. */
  readonly seeds: number;
  /** Absent where no seed has both. */
  readonly difference?: Comparison;
  readonly verdict: Verdict;
}

export type Verdict = "not known yet" | "as expected" | "against it" | "undecided";

export interface StudyResultsOptions {
  /** Of the bootstrap; 10,000 if absent. */
  readonly resamples?: number;
}

/** Reads what there is of a study. Runs may be unfinished, or not begun; a method counts once it is finished. */
export function readStudyResults(
  study: Study,
  seeds: readonly number[],
  options: StudyResultsOptions = {},
): StudyResults {
  const read = new Map(
    familiesOf(study).map((family) => {
      const runs = seeds.map((seed) => readFinished(runDirectoryPath(family, seed)));
      return [family.name, runs.filter((run) => run !== undefined)];
    }),
  );
  const rows = new Map(
    [...read].map(([family, runs]) => [family, methodResults(runs.map(({ results }) => results))]),
  );
  const find = (subject: Subject) => findRow(rows.get(subject.family) ?? [], subject);
  const asked = study.stages.flatMap(({ family, methods }) =>
    methods.flatMap((method) => seeds.map((seed) => ({ family: family.name, method, seed }))),
  );
  const unfinished = asked.filter(
    ({ seed, ...subject }) => !find(subject)?.runs.some((run) => run.seed === seed),
  );
  return {
    seeds,
    finished: asked.length - unfinished.length,
    unfinished,
    tables: study.tables.map(({ title, text, rows: subjects, baseline }) => ({
      title,
      text,
      table: resultsTable(
        subjects.flatMap((subject) => find(subject) ?? []),
        { baseline, ...options },
      ),
    })),
    comparisons: study.comparisons.map((plan) => compare(plan, find, options)),
    outcomes: [...rows].flatMap(([family, of]) =>
      of.flatMap(({ method, runs }) =>
        runs.map(({ seed, perTask }) => ({
          family,
          method,
          seed,
          wins: perTask.map(({ win }) => (win ? "1" : "0")).join(""),
        })),
      ),
    ),
    settings: Object.fromEntries(
      [...read].flatMap(([family, [run]]) => (run === undefined ? [] : [[family, run.settings]])),
    ),
  };
}

const settingsSchema = z.looseObject({
  environment: z.looseObject({ evaluationTasks: z.string() }),
  methods: z.array(z.object({ name: z.string(), options: z.record(z.string(), z.unknown()) })),
});

/** A run without what its unfinished methods have so far: an early student must not pass for the last one. */
function readFinished(path: string): { results: RunResults; settings: unknown } | undefined {
  // The database comes last when a run directory is made.
  if (!existsSync(join(path, "run.sqlite"))) return undefined;
  using directory = readRunDirectory(path);
  const settings = settingsSchema.parse(JSON.parse(readFileSync(directory.file("config.json"), "utf8")));
  const results = readResults(directory);
  const finished = new Set(
    settings.methods.filter((method) => isFinished(results, method)).map((method) => method.name),
  );
  // Runs with equal tasks are compared task by task. Ids alone do not tell two catalogues apart.
  const tasks = settings.environment.evaluationTasks.slice(0, 8);
  const mark = <T extends { readonly taskId: string }>(perTask: readonly T[]) =>
    perTask.map((task) => ({ ...task, taskId: `${tasks}/${task.taskId}` }));
  return {
    settings,
    results: {
      ...results,
      experts: results.experts.map((expert) => ({ ...expert, perTask: mark(expert.perTask) })),
      evaluations: results.evaluations
        .filter(({ method }) => finished.has(method))
        .map((evaluation) => ({ ...evaluation, perTask: mark(evaluation.perTask) })),
    },
  };
}

/** Whether a method's last student was evaluated. An evaluation is stored as a whole. */
export function isFinished(
  { evaluations }: Pick<RunResults, "evaluations">,
  method: { readonly name: string; readonly options: Readonly<Record<string, unknown>> },
): boolean {
  const last = lastIteration(method);
  return evaluations.some(({ method: name, iteration }) => name === method.name && iteration === last);
}

function findRow(rows: readonly MethodResult[], { method }: Subject): MethodResult | undefined {
  return rows.find((row) =>
    method === "expert" ? row.method.startsWith("expert (") : row.method === method,
  );
}

function compare(
  plan: ComparisonPlan,
  find: (subject: Subject) => MethodResult | undefined,
  options: StudyResultsOptions,
): StudyComparison {
  const first = find(plan.first);
  const second = find(plan.second);
  const none = { ...plan, seeds: 0, verdict: "not known yet" } as const;
  if (first === undefined || second === undefined) return none;
  // The two may have one name, in two families.
  const baseline = `${second.method} (second)`;
  const [row] = resultsTable([first, { ...second, method: baseline }], { baseline, ...options }).rows;
  const difference = row?.comparison;
  if (difference === undefined) return none;
  const seeds = first.runs.filter((run) => second.runs.some((other) => other.seed === run.seed)).length;
  return { ...plan, seeds, difference, verdict: judge(difference.winRate, plan.expected) };
}

/** What a 95% interval says about an expectation. */
export function judge(
  { low, high }: { readonly low: number; readonly high: number },
  expected: Expectation,
): Verdict {
  switch (expected) {
    case "above 0":
      return low > 0 ? "as expected" : high < 0 ? "against it" : "undecided";
    case "below 0":
      return high < 0 ? "as expected" : low > 0 ? "against it" : "undecided";
    // "Within noise" is all that these two ask for: an interval that holds 0 is enough.
    case "not below 0":
      return high < 0 ? "against it" : "as expected";
    case "not above 0":
      return low > 0 ? "against it" : "as expected";
  }
}
