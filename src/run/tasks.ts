import { ConfigurationError } from "../errors.ts";
import type { Task } from "../trajectory.ts";
import type { RunConfig } from "./config.ts";

/**
 * The tasks that a run trains and evaluates on.
 * @throws ConfigurationError if a split is empty, or a held-out task is a training task too.
 */
export function tasksOf(config: Pick<RunConfig, "environment" | "evaluation" | "tasks">): {
  trainTasks: readonly Task[];
  evaluationTasks: readonly Task[];
} {
  const { environment, evaluation } = config;
  const trainTasks = environment.tasks("train").slice(0, config.tasks.train);
  const evaluationTasks = environment.tasks(evaluation.split).slice(0, evaluation.tasks);
  for (const [split, tasks] of [
    ["train", trainTasks],
    [evaluation.split, evaluationTasks],
  ] as const) {
    if (tasks.length > 0) continue;
    throw new ConfigurationError(`${environment.name} has no ${split} tasks.`, {
      hint: "A run needs tasks to train on and others to evaluate on: are the data complete, and do the environment's splits leave some for each?",
    });
  }
  const training = new Set(environment.tasks("train").map((task) => task.id));
  const both = evaluationTasks.find((task) => training.has(task.id));
  if (both !== undefined) {
    throw new ConfigurationError(
      `Task ${both.id} of ${environment.name} is in the training split and in the ${evaluation.split} split.`,
      { hint: "A result on a task that was trained on says nothing: give every task one split." },
    );
  }
  return { trainTasks, evaluationTasks };
}
