import type { Environment, Episode, StartOptions } from "../environment/environment.ts";
import { ReplayDivergedError } from "../errors.ts";
import type { Task, Trajectory } from "../trajectory.ts";

/**
 * Starts the task and sends the first `stateIndex` recorded actions, so that the episode stands in that state.
 *
 * Every observation is compared with the recorded one. The episode is replayed even where the environment offers
 * snapshots: a replayed action costs far less than a sampled one, and it proves that the state is the recorded one.
 *
 * @throws {ReplayDivergedError} at the first difference. Its `stepIndex` is the number of actions sent by then: 0 means
 *   that the initial observation differs already. The episode is closed.
 */
export async function replay(
  environment: Environment,
  task: Task,
  trajectory: Trajectory,
  stateIndex: number,
  options: StartOptions = {},
): Promise<Episode> {
  if (!Number.isInteger(stateIndex) || stateIndex < 0 || stateIndex > trajectory.steps.length) {
    throw new RangeError(
      `${trajectory.id} has the states 0 to ${trajectory.steps.length}; ${stateIndex} is none of them`,
    );
  }
  const episode = await environment.start(task, options);
  try {
    if (episode.observation !== trajectory.initialObservation) {
      throw new ReplayDivergedError(trajectory.id, 0, trajectory.initialObservation, episode.observation);
    }
    for (const [index, step] of trajectory.steps.slice(0, stateIndex).entries()) {
      const { observation, done } = await episode.step(step.action);
      if (observation !== step.observation) {
        throw new ReplayDivergedError(trajectory.id, index + 1, step.observation, observation);
      }
      if (done !== step.done) {
        const ends = (isDone: boolean) => (isDone ? "the episode to end" : "the episode to go on");
        throw new ReplayDivergedError(trajectory.id, index + 1, ends(step.done), ends(done));
      }
    }
    return episode;
  } catch (error) {
    await episode[Symbol.asyncDispose]();
    throw error;
  }
}
