import type { Budget, RunResults, TaskResult } from "./results.ts";

/** One method's final student in one run. */
export interface MethodRun {
  /** Which of the runs it is: the methods of one run are compared with each other. */
  readonly run?: number;
  readonly seed: number;
  readonly perTask: readonly TaskResult[];
  /** Absent for an expert, who spends no simulations. */
  readonly budget?: Budget;
  /**
   * The evaluation tasks that neither an expert nor the behaviour-cloned student won. Absent where one of the two
   * was not evaluated, so that it cannot be known.
   */
  readonly hardTasks?: ReadonlySet<string>;
}

/** A method over all the runs that hold it: a row of the results table. */
export interface MethodResult {
  readonly method: string;
  readonly runs: readonly MethodRun[];
}

/**
 * The rows of the results table: experts first, then methods in the order in which they first appear. Of each method
 * it takes the highest iteration; `iteration` picks another one, and leaves out methods that never reached it.
 */
export function methodResults(
  runs: readonly RunResults[],
  options: { readonly iteration?: number } = {},
): MethodResult[] {
  const byName = new Map<string, MethodRun[]>();
  const add = (name: string, run: MethodRun) => {
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [run]);
    else known.push(run);
  };
  for (const [index, run] of runs.entries()) {
    for (const expert of run.experts)
      add(expertRow(expert.name), { run: index, seed: run.seed, perTask: expert.perTask });
  }
  for (const [index, run] of runs.entries()) {
    const hardTasks = hardTasksOf(run);
    for (const method of new Set(run.evaluations.map((evaluation) => evaluation.method))) {
      const evaluations = run.evaluations.filter((evaluation) => evaluation.method === method);
      const last = Math.max(...evaluations.map((evaluation) => evaluation.iteration));
      const chosen = evaluations.find(
        (evaluation) => evaluation.iteration === Math.min(options.iteration ?? last, last),
      );
      if (chosen === undefined || (options.iteration ?? last) > last) continue;
      const { perTask, budget } = chosen;
      add(method, {
        run: index,
        seed: run.seed,
        perTask,
        budget,
        ...(hardTasks === undefined ? {} : { hardTasks }),
      });
    }
  }
  return [...byName].map(([method, methodRuns]) => ({ method, runs: methodRuns }));
}

/** An expert's row is marked as such: an expert may have a method's name. */
export function expertRow(name: string): string {
  return `expert (${name})`;
}

/** The evaluation tasks that no expert and no behaviour-cloned student (iteration 0 of any method) won. */
export function hardTasksOf(run: RunResults): ReadonlySet<string> | undefined {
  const cloned = run.evaluations.filter((evaluation) => evaluation.iteration === 0);
  if (run.experts.length === 0 || cloned.length === 0) return undefined;
  const hard = new Set(cloned.flatMap((evaluation) => evaluation.perTask.map((task) => task.taskId)));
  for (const { perTask } of [...run.experts, ...cloned]) {
    for (const task of perTask) if (task.win) hard.delete(task.taskId);
  }
  return hard;
}
