import { z } from "zod";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import { type ExampleOptions, exampleOf, trainingExampleSchema } from "./examples.ts";
import {
  type LabelledTrajectory,
  type LabelOptions,
  labelledTrajectorySchema,
  labelTrajectory,
} from "./labels.ts";
import { type ImportantStateReference, type PositiveRepository, solutionsOf } from "./repository.ts";
import type { Simulation } from "./simulation.ts";

export const importantStateSchema = z.strictObject({
  taskId: z.string(),
  /** The expert trajectory it is a state of; absent for the task's initial state. */
  trajectoryId: z.string().exactOptional(),
  stateIndex: z.number().int(),
  kind: z.enum(["initial", "needs-recovery"]),
  /** The winning trajectories of `D+` that pass through it, best first. */
  candidates: z.array(z.string()).readonly(),
  /** Those of them that were taken. Empty if the state is unsolved. */
  solutions: z.array(z.string()).readonly(),
});
export type ImportantState = Readonly<z.infer<typeof importantStateSchema>>;

/** Labels and examples of one iteration: everything `explain` and the report need. Plain data. */
export const selectionSchema = z.strictObject({
  iteration: z.number().int(),
  /** Every expert trajectory of the tasks, labelled. */
  trajectories: z.array(labelledTrajectorySchema).readonly(),
  importantStates: z.array(importantStateSchema).readonly(),
  /** What the student is trained on. */
  examples: z.array(trainingExampleSchema).readonly(),
});

export interface Selection {
  readonly iteration: number;
  readonly trajectories: readonly LabelledTrajectory[];
  readonly importantStates: readonly ImportantState[];
  readonly examples: readonly TrainingExample[];
}

export interface SelectionOptions extends LabelOptions, ExampleOptions {
  readonly solutionsPerImportantState: number | "all";
  /** True trains on every expert's win in every iteration, beside the solutions that the student found. */
  readonly keepExpertWins: boolean;
}

export interface SelectionInput {
  readonly systemPrompt: string;
  readonly iteration: number;
  readonly tasks: readonly Task[];
  readonly expertTrajectories: readonly Trajectory[];
  /** Those of this iteration: they make the labels. */
  readonly simulations: readonly Simulation[];
  /** `D+`, with the wins of this iteration: it gives the solutions. */
  readonly repository: PositiveRepository;
}

/**
 * The paper's selection. Outcomes of simulated states -> labels -> important states -> solutions from `D+` ->
 * examples. Pure: the same input gives the same selection. Only the transcripts of solutions are read.
 */
export function select(input: SelectionInput, options: SelectionOptions): Selection {
  const experts = Map.groupBy(input.expertTrajectories, (trajectory) => trajectory.taskId);
  const simulations = Map.groupBy(input.simulations, (simulation) => simulation.taskId);
  const wins = Map.groupBy(input.repository, (win) => win.taskId);

  const perTask = input.tasks.map((task) => {
    const trajectories = (experts.get(task.id) ?? []).map((trajectory) =>
      labelTrajectory(trajectory, simulations.get(task.id) ?? [], options),
    );
    const states = importantStatesOf(task, trajectories);
    return {
      trajectories,
      ...solve(input.systemPrompt, states, wins.get(task.id) ?? [], trajectories, options),
    };
  });
  return {
    iteration: input.iteration,
    trajectories: perTask.flatMap(({ trajectories }) => trajectories),
    importantStates: perTask.flatMap(({ importantStates }) => importantStates),
    examples: perTask.flatMap(({ examples }) => examples),
  };
}

/** The initial state, and every expert state that needs recovery. */
function importantStatesOf(
  task: Task,
  trajectories: readonly LabelledTrajectory[],
): ImportantStateReference[] {
  const recoveries = trajectories.flatMap(({ trajectoryId, states }) =>
    states
      .filter((state) => state.needsRecovery)
      .map(({ stateIndex }) => ({ taskId: task.id, trajectoryId, stateIndex })),
  );
  return [{ taskId: task.id, stateIndex: 0 }, ...recoveries];
}

/**
 * Takes the solutions of one task's important states. A win that solves two of them becomes one example, from the
 * earlier state: its targets include those of the later one, and no action should count twice in the loss.
 */
function solve(
  systemPrompt: string,
  states: readonly ImportantStateReference[],
  repository: PositiveRepository,
  trajectories: readonly LabelledTrajectory[],
  options: SelectionOptions,
): { importantStates: ImportantState[]; examples: TrainingExample[] } {
  const limit =
    options.solutionsPerImportantState === "all"
      ? Number.POSITIVE_INFINITY
      : options.solutionsPerImportantState;
  const labels = new Map(trajectories.map((labelled) => [labelled.trajectoryId, labelled]));
  const used = new Set<string>();
  const examples: TrainingExample[] = [];
  const importantStates = states.map((state): ImportantState => {
    const candidates = solutionsOf(state, repository);
    const solutions = candidates.filter(
      ({ by }, rank) => rank < limit || (options.keepExpertWins && state.stateIndex === 0 && by === "expert"),
    );
    for (const win of solutions) {
      if (used.has(win.id)) continue;
      used.add(win.id);
      const example = exampleOf(systemPrompt, win, state, labels.get(win.expertTrajectoryId ?? ""), options);
      if (example !== undefined) examples.push(example);
    }
    return {
      ...state,
      kind: state.stateIndex === 0 ? "initial" : "needs-recovery",
      candidates: candidates.map((win) => win.id),
      solutions: solutions.map((win) => win.id),
    };
  });
  return { importantStates, examples };
}
