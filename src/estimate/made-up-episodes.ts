import type { SimulationRequest } from "../methods/method.ts";
import { createRandom, deriveSeed, type Random } from "../random.ts";
import type { Step, Task, Trajectory } from "../trajectory.ts";
import type { EpisodeShape } from "./episode-shape.ts";

/** Makes up episodes as long as those of a shape. The same key gives the same episode. */
export interface MadeUpEpisodes {
  /** An episode of a student, which wins with the given chance; from an expert's state on if the request says so. */
  simulation(key: string, request: SimulationRequest, chance: number): Trajectory;
  /** An episode of an expert that has yet to act. */
  expert(key: string, task: Task, chance: number): Trajectory;
  /** The steps of an episode whose text and outcome do not matter. */
  steps(key: string): number;
}

export function madeUpEpisodes(shape: EpisodeShape, maximumSteps: number): MadeUpEpisodes {
  const observation = "o".repeat(Math.round(shape.observationCharacters));
  const stepsOf = stepMaker(shape, observation);
  const lengthFrom = (random: Random) => Math.min(maximumSteps, random.pick(shape.lengths));
  const randomOf = (key: string) => createRandom(deriveSeed("made up", key));
  return {
    simulation: (key, { task, from }, chance) => {
      const random = randomOf(key);
      const prefix = from === undefined ? [] : from.trajectory.steps.slice(0, from.stateIndex);
      const count = Math.max(1, lengthFrom(random) - prefix.length);
      const reward = random.chance(chance) ? 1 : 0;
      return {
        ...episodeOf(key, task, count, reward),
        policy: "student",
        kind: "simulation",
        ...(from === undefined
          ? {}
          : { from: { trajectoryId: from.trajectory.id, stateIndex: from.stateIndex } }),
        initialObservation: from?.trajectory.initialObservation ?? observation,
        steps: [...prefix, ...stepsOf(random, count, reward)],
      };
    },
    expert: (key, task, chance) => {
      const random = randomOf(key);
      const count = lengthFrom(random);
      const reward = random.chance(chance) ? 1 : 0;
      return {
        ...episodeOf(key, task, count, reward),
        policy: "expert",
        kind: "expert",
        initialObservation: observation,
        steps: stepsOf(random, count, reward),
      };
    },
    steps: (key) => lengthFrom(randomOf(key)),
  };
}

function episodeOf(key: string, task: Task, environmentSteps: number, reward: number) {
  const usage = { environmentSteps, promptTokens: 0, generatedTokens: 0, seconds: 0 };
  return { id: key, taskId: task.id, seed: 0, reward, stopReason: "done", usage } as const;
}

/**
 * Only the first message of an episode is its own, since methods train on distinct episodes. All other steps are the same
 * objects in every episode: hundreds of thousands of episodes lie in memory at once.
 */
function stepMaker({ messageCharacters }: EpisodeShape, observation: string) {
  const stepOf = (action: string, reward: number, done: boolean): Step => ({
    message: action.padEnd(messageCharacters),
    action,
    observation,
    reward,
    done,
    valid: true,
  });
  const middle = stepOf("action", 0, false);
  const won = stepOf("action", 1, true);
  const lost = stepOf("action", 0, true);
  return (random: Random, count: number, reward: number): Trajectory["steps"] => {
    const name = random.integer(2 ** 32).toString(36);
    if (count === 1) return [stepOf(name, reward, true)];
    const between = Array.from({ length: count - 2 }, () => middle);
    return [stepOf(name, 0, false), ...between, reward === 1 ? won : lost];
  };
}
