import { z } from "zod";
import { isWin, type Task, type Trajectory } from "../trajectory.ts";
import type { SimulationRequest } from "./method.ts";

/**
 * The expert states `s_l, s_2l, ..., s_Ml` that are simulated, as indices into the trajectory's states.
 *
 * `l = floor(T / (M + 1))`, at least 1, where `T` is the number of actions; no state past `T - 1`, because nothing is
 * left to do in `s_T`. A short trajectory therefore has fewer than `M` states, and one of a single action has none.
 */
export function expertStates(actionCount: number, simulatedStates: number): number[] {
  const l = Math.max(1, Math.floor(actionCount / (simulatedStates + 1)));
  return Array.from({ length: simulatedStates }, (_, k) => (k + 1) * l).filter(
    (state) => state < actionCount,
  );
}

/** Which expert trajectories are simulated: only the failed ones (they are what RFT throws away), or all. */
export const exploreSchema = z.enum(["failures", "all"]);
export type Explore = z.infer<typeof exploreSchema>;

export function isExplored(trajectory: Trajectory, explore: Explore): boolean {
  return explore === "all" || !isWin(trajectory);
}

export interface ExplorationOptions {
  /** `M`: simulated states per expert trajectory, the initial state not counted. */
  readonly simulatedStates: number;
  readonly simulationsPerState: number;
  readonly explore: Explore;
  readonly temperature: number;
}

/**
 * The simulations of one iteration: from `s0` of every task, and from the chosen states of every explored expert
 * trajectory. All requests of one task stand together, in the order of their states.
 */
export function explorationRequests(
  tasks: readonly Task[],
  expertTrajectories: readonly Trajectory[],
  iteration: number,
  options: ExplorationOptions,
): SimulationRequest[] {
  const { simulationsPerState, temperature } = options;
  const samples = Array.from({ length: simulationsPerState }, (_, sample) => ({
    sample,
    iteration,
    temperature,
  }));
  const byTask = Map.groupBy(expertTrajectories, (trajectory) => trajectory.taskId);
  return tasks.flatMap((task) => {
    const explored = (byTask.get(task.id) ?? []).filter((trajectory) =>
      isExplored(trajectory, options.explore),
    );
    const states = explored.flatMap((trajectory) =>
      expertStates(trajectory.steps.length, options.simulatedStates).map((stateIndex) => ({
        trajectory,
        stateIndex,
      })),
    );
    return [
      ...samples.map((sample) => ({ task, ...sample })),
      ...states.flatMap((from) => samples.map((sample) => ({ task, from, ...sample }))),
    ];
  });
}
