import type { Environment } from "../environment/environment.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import type { ImportedTrajectory } from "./format.ts";
import { reEnact } from "./re-enact.ts";
import { restoreGoals } from "./restore-goals.ts";

export interface RestoredEpisodes {
  /** True trajectories of the environment, ready to be an expert's. */
  readonly trajectories: readonly Trajectory[];
  /** What became of the episodes; the counts but `cutShort` add up to `episodes`. */
  readonly counts: {
    readonly episodes: number;
    readonly restored: number;
    /** Of the restored: those with an action that the environment did not accept, which end before it. */
    readonly cutShort: number;
    readonly unknownGoal: number;
    readonly ambiguousGoal: number;
  };
}

/**
 * Makes imported episodes usable for labelling: finds each one's task by its instruction (`restoreGoals`) and takes its actions again
 * in the environment (`reEnact`). What cannot be restored is counted, never guessed.
 *
 * @param instructionOf The text by which a task's goal is recognised.
 */
export async function restoreEpisodes<T extends Task>(
  episodes: readonly ImportedTrajectory[],
  environment: Environment<T>,
  tasks: readonly T[],
  instructionOf: (task: T) => string,
): Promise<RestoredEpisodes> {
  const goals = tasks.map((task) => ({ id: task.id, instruction: instructionOf(task), task }));
  const { restored, unknown, ambiguous } = restoreGoals(episodes, goals);
  const trajectories: Trajectory[] = [];
  let cutShort = 0;
  for (const { trajectory, goal } of restored) {
    const reEnacted = await reEnact(trajectory, environment, goal.task);
    if (reEnacted.stoppedAt !== undefined) cutShort++;
    trajectories.push(reEnacted.trajectory);
  }
  return {
    trajectories,
    counts: {
      episodes: episodes.length,
      restored: restored.length,
      cutShort,
      unknownGoal: unknown,
      ambiguousGoal: ambiguous,
    },
  };
}

/** One line that says what could be restored and what could not. */
export function restorationNote({ counts }: RestoredEpisodes): string {
  const { episodes, restored, cutShort, unknownGoal, ambiguousGoal } = counts;
  return (
    `${restored} of ${episodes} episodes have a goal of this environment` +
    ` (${cutShort} of them cut short at an action that it does not accept);` +
    ` ${unknownGoal} have a goal that is not there, ${ambiguousGoal} fit several.`
  );
}
