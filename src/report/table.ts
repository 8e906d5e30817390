import { type GroupResult, resultsByGroup } from "./group-results.ts";
import type { MethodResult, MethodRun } from "./method-results.ts";
import type { TaskResult } from "./results.ts";
import {
  type BootstrapOptions,
  bootstrapMean,
  type Interval,
  mean,
  pairedBootstrap,
  signTest,
  type TaskValues,
  wilsonInterval,
} from "./statistics.ts";

/** The difference of a method to the baseline, method minus baseline, paired by run and task. */
export interface Comparison {
  /** Share of wins, in [-1, 1]. */
  readonly winRate: Interval;
  readonly reward: Interval;
  /** Exact McNemar probability over all pairs (see `signTest`); the spread between runs is not in it. */
  readonly signTest: number;
  /** Pairs of run and task. */
  readonly pairs: number;
}

/** One method, over all of its runs. Figures without a value are absent, never 0. */
export interface ResultsRow {
  readonly method: string;
  readonly runs: number;
  /** Pairs of run and task. */
  readonly evaluations: number;
  /** One run: Wilson's interval. Several: the bootstrap over runs and tasks. */
  readonly winRate: Interval;
  readonly meanReward: number;
  readonly comparison?: Comparison;
  /** Mean steps of an episode. */
  readonly steps: number;
  /** Share of the actions that the environment refused. */
  readonly invalidShare: number;
  /** Of the tasks that neither an expert nor the behaviour-cloned student won: how many the method won. */
  readonly hardTasks?: { readonly solved: number; readonly tasks: number };
  /** Uses in an average episode. */
  readonly navigation: { readonly next: number; readonly previous: number; readonly back: number };
  /** Means over the runs. */
  readonly budget?: {
    readonly simulations: number;
    readonly environmentSteps: number;
    readonly tokens: number;
    readonly minutes: number;
  };
  /** By kind of task, where tasks have one. */
  readonly groups?: readonly GroupResult[];
}

/** The results table as plain data, ready for JSON. */
export interface ResultsTable {
  /** The method that the others are compared with; absent where no such method was evaluated. */
  readonly baseline?: string;
  readonly rows: readonly ResultsRow[];
}

export interface ResultsTableOptions {
  readonly baseline?: string;
  /** Seed of the bootstrap. */
  readonly seed?: number;
  readonly resamples?: number;
  /**
   * Whether the runs were evaluated on the same tasks. By default they were if the task ids are equal; say `false` where equal ids name
   * other tasks in each run, as with a catalogue generated anew from each seed. See `bootstrapMean`.
   */
  readonly sharedTasks?: boolean;
}

/**
 * Computes the results table. A method is compared with the baseline over the runs (seeds) and tasks that both have; a method
 * that has none in common with it, and the baseline itself, have no comparison. A method without evaluations is left out.
 */
export function resultsTable(
  results: readonly MethodResult[],
  options: ResultsTableOptions = {},
): ResultsTable {
  const measured = results
    .map(({ method, runs }) => ({ method, runs: runs.filter((run) => run.perTask.length > 0) }))
    .filter((result) => result.runs.length > 0);
  const baseline = measured.find((result) => result.method === options.baseline);
  const bootstrap = {
    seed: options.seed ?? 0,
    ...(options.resamples === undefined ? {} : { resamples: options.resamples }),
    ...(options.sharedTasks === undefined ? {} : { sharedTasks: options.sharedTasks }),
  };
  const rows = measured.map((result) => {
    const comparison =
      baseline === undefined || baseline === result ? undefined : compare(result, baseline, bootstrap);
    return { ...summarize(result, bootstrap), ...(comparison === undefined ? {} : { comparison }) };
  });
  return { ...(baseline === undefined ? {} : { baseline: baseline.method }), rows };
}

function summarize({ method, runs }: MethodResult, bootstrap: BootstrapOptions): ResultsRow {
  const tasks = runs.flatMap((run) => run.perTask);
  const steps = sum(tasks, (task) => task.steps);
  const hardRuns = runs.filter((run) => run.hardTasks !== undefined);
  const budgets = runs.flatMap((run) => (run.budget === undefined ? [] : [run.budget]));
  const groups = resultsByGroup(tasks);
  return {
    method,
    runs: runs.length,
    evaluations: tasks.length,
    winRate:
      runs.length === 1
        ? wilsonInterval(sum(tasks, asNumber), tasks.length)
        : bootstrapMean(
            runs.map((run) => valuesOf(run, asNumber)),
            bootstrap,
          ),
    meanReward: mean(runs.map((run) => mean(run.perTask.map((task) => task.reward)))),
    steps: steps / tasks.length,
    // An episode without a step has no invalid action either.
    invalidShare: steps === 0 ? 0 : sum(tasks, (task) => task.invalidActions) / steps,
    navigation: {
      next: sum(tasks, (task) => kindCount(task, "next")) / tasks.length,
      previous: sum(tasks, (task) => kindCount(task, "prev")) / tasks.length,
      back: sum(tasks, (task) => kindCount(task, "back")) / tasks.length,
    },
    ...(hardRuns.length === 0 ? {} : { hardTasks: hardTasksSolved(hardRuns) }),
    ...(budgets.length === 0
      ? {}
      : {
          budget: {
            simulations: mean(budgets.map((budget) => budget.simulations)),
            environmentSteps: mean(budgets.map((budget) => budget.environmentSteps)),
            tokens: mean(budgets.map((budget) => budget.tokens)),
            minutes: mean(budgets.map((budget) => budget.seconds)) / 60,
          },
        }),
    ...(groups.length === 0 ? {} : { groups }),
  };
}

function hardTasksSolved(runs: readonly MethodRun[]): { solved: number; tasks: number } {
  const hard = runs.flatMap((run) => run.perTask.filter((task) => run.hardTasks?.has(task.taskId)));
  return { solved: hard.filter((task) => task.win).length, tasks: hard.length };
}

function compare(
  result: MethodResult,
  baseline: MethodResult,
  bootstrap: BootstrapOptions,
): Comparison | undefined {
  const pairedRuns = result.runs.flatMap((run) => {
    const taskIds = new Set(run.perTask.map((task) => task.taskId));
    const candidates = baseline.runs.filter(
      (candidate) =>
        candidate.seed === run.seed && candidate.perTask.some((task) => taskIds.has(task.taskId)),
    );
    // Several runs may have one seed. Where the method's own run lacks the baseline, another of its seed stands in.
    const own = candidates.find((candidate) => candidate.run !== undefined && candidate.run === run.run);
    const other = own ?? candidates[0];
    return other === undefined ? [] : [{ run, other }];
  });
  if (pairedRuns.length === 0) return undefined;
  const difference = (value: (task: TaskResult) => number) =>
    pairedBootstrap(
      pairedRuns.map(({ run }) => valuesOf(run, value)),
      pairedRuns.map(({ other }) => valuesOf(other, value)),
      bootstrap,
    );
  const discordance = { onlyMethod: 0, onlyBaseline: 0, pairs: 0 };
  for (const { run, other } of pairedRuns) {
    const baselineWins = new Map(other.perTask.map((task) => [task.taskId, task.win]));
    for (const task of run.perTask) {
      const baselineWin = baselineWins.get(task.taskId);
      if (baselineWin === undefined) continue;
      discordance.pairs++;
      if (task.win && !baselineWin) discordance.onlyMethod++;
      if (!task.win && baselineWin) discordance.onlyBaseline++;
    }
  }
  return {
    winRate: difference(asNumber),
    reward: difference((task) => task.reward),
    signTest: signTest(discordance.onlyMethod, discordance.onlyBaseline),
    pairs: discordance.pairs,
  };
}

const asNumber = (task: TaskResult): number => (task.win ? 1 : 0);

function valuesOf(run: MethodRun, value: (task: TaskResult) => number): TaskValues {
  return new Map(run.perTask.map((task) => [task.taskId, value(task)]));
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** Counts kinds by their first letters, so that "prev" and "previous", "back" and "back-to-search" are the same. */
function kindCount(task: TaskResult, start: string): number {
  return sum(Object.entries(task.actionKinds), ([kind, uses]) =>
    kind.toLowerCase().startsWith(start) ? uses : 0,
  );
}
