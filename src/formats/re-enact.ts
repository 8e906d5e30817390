import type { Environment } from "../environment/environment.ts";
import { ConfigurationError } from "../errors.ts";
import type { Step, Task, Trajectory } from "../trajectory.ts";

export interface ReEnactedTrajectory {
  /** The same messages and actions, with this environment's observations, rewards and validity. */
  readonly trajectory: Trajectory;
  /**
   * Index of the first recorded step that the recording environment accepted and this one did not (a product that is not sold here). The
   * trajectory ends before it. Absent if all could be taken.
   */
  readonly stoppedAt?: number;
}

/**
 * Takes the actions of a trajectory that was recorded elsewhere again in our environment, so that its states can be reached by replay
 * and simulated from. What comes out is a true trajectory of this environment, whatever the recording's observations looked like: its reward
 * may be another one.
 *
 * Thoughts that stand as steps of their own (`think[...]`, which some clients answer themselves) are left out.
 *
 * Throws a ConfigurationError if the trajectory is of another task.
 */
export async function reEnact<T extends Task>(
  trajectory: Trajectory,
  environment: Environment<T>,
  task: T,
): Promise<ReEnactedTrajectory> {
  if (trajectory.taskId !== task.id) {
    throw new ConfigurationError(
      `${trajectory.id} is a trajectory of ${trajectory.taskId}, not of ${task.id}`,
      {
        hint: "Restore the goals of imported trajectories first.",
      },
    );
  }
  await using episode = await environment.start(task);
  const initialObservation = episode.observation;
  const steps: Step[] = [];
  let stoppedAt: number | undefined;
  for (const [index, { message, action, valid: wasValid }] of trajectory.steps.entries()) {
    if (action.startsWith("think[")) continue;
    const { observation, reward, done, valid } = await episode.step(action);
    if (wasValid && !valid) {
      stoppedAt = index;
      break;
    }
    steps.push({ message, action, observation, reward: done ? reward : 0, done, valid });
    if (done) break;
  }
  const last = steps.at(-1);
  const ended = last?.done === true;
  const { error: _, ...recorded } = trajectory;
  const reEnacted: Trajectory = {
    ...recorded,
    id: `${trajectory.id}@${environment.name}`,
    initialObservation,
    steps,
    reward: ended ? last.reward : 0,
    stopReason: ended ? "done" : trajectory.stopReason === "step-limit" ? "step-limit" : "gave-up",
    usage: { ...trajectory.usage, environmentSteps: steps.length },
  };
  return stoppedAt === undefined ? { trajectory: reEnacted } : { trajectory: reEnacted, stoppedAt };
}
