import { createRandom, deriveSeed, type Random } from "../../../random.ts";
import { isWin, type Trajectory } from "../../../trajectory.ts";
import type { ScienceWorldEpisode } from "../episode.ts";
import type { GoldOptions } from "./gold.ts";
import { isFocus } from "./mistakes.ts";
import { playActions } from "./play-actions.ts";

export interface PlayRandomFailuresOptions extends GoldOptions {
  /** An expert's trajectories. Its wins are kept. */
  readonly trajectories: readonly Trajectory[];
  readonly seed: number;
}

/**
 * For an ablation: the wins of an expert as they are, and in place of its failures as many that hold nothing: random actions to the
 * limit of steps. Trajectories of other tasks are left out.
 */
export async function* playRandomFailures(options: PlayRandomFailuresOptions): AsyncGenerator<Trajectory> {
  const { environment, tasks = environment.tasks("train"), trajectories, seed, signal } = options;
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const trajectory of trajectories) {
    signal?.throwIfAborted();
    const task = byId.get(trajectory.taskId);
    if (task === undefined) continue;
    if (isWin(trajectory)) yield trajectory;
    else {
      yield await playActions(environment, task, {
        name: "random-failures",
        seed,
        actions: (episode) =>
          randomActions(episode, createRandom(deriveSeed("random-failures", seed, task.id))),
        ...(signal === undefined ? {} : { signal }),
      });
    }
  }
}

/** Any kind of action that is possible, with anything; but nothing is focused on, because that would soon end the episode. */
async function* randomActions(episode: ScienceWorldEpisode, random: Random): AsyncGenerator<string> {
  for (;;) {
    const possible = (await episode.validActions()).filter((action) => !isFocus(action));
    const byVerb = Map.groupBy(possible, (action) => action.split(" ")[0]);
    yield byVerb.size === 0 ? "look around" : random.pick(random.pick([...byVerb.values()]));
  }
}
