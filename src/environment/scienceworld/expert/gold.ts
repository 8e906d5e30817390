import { createRandom, deriveSeed } from "../../../random.ts";
import type { Trajectory } from "../../../trajectory.ts";
import type { ScienceWorldEnvironment } from "../environment.ts";
import type { ScienceWorldEpisode } from "../episode.ts";
import { checkOptions } from "../options.ts";
import { onSimulator } from "../simulator-pool.ts";
import type { ScienceWorldTask } from "../splits.ts";
import { inOrder } from "./in-order.ts";
import {
  aimlessAction,
  drawMistake,
  isFocus,
  type MistakeKind,
  otherObject,
  type ResolvedSpoilOptions,
  type SpoilOptions,
  spoilOptionsSchema,
} from "./mistakes.ts";
import { playActions } from "./play-actions.ts";

export interface GoldOptions {
  readonly environment: ScienceWorldEnvironment;
  /** All training tasks if absent. */
  readonly tasks?: readonly ScienceWorldTask[];
  readonly signal?: AbortSignal;
}

export interface SpoiledGoldOptions extends GoldOptions, SpoilOptions {
  readonly seed?: number;
}

/**
 * The simulator's own solution of each task, as trajectories. It can be longer than the protocol's limit of steps, and ends there then.
 *
 * An expert that is asked for actions during a run could not know the task: two tasks may begin alike. So these are
 * trajectories from the start, for `recordedExpert` or a configuration's `experts`. Making the path takes seconds a task; tasks
 * are played on all simulators, and come in their order.
 */
export function playGold(options: GoldOptions): AsyncGenerator<Trajectory> {
  return play(options, { name: "gold", seed: 0, spoil: undefined });
}

/**
 * The gold path with seeded mistakes, which it does not notice: a step left out, done to another thing, a focus too
 * early, wandering about. A stand-in for an expert that errs; it shows nothing about how language models err.
 */
export function playSpoiledGold(options: SpoiledGoldOptions): AsyncGenerator<Trajectory> {
  const { environment: _, tasks: __, signal: ___, seed = 1, ...spoil } = options;
  return play(options, {
    name: "spoiled-gold",
    seed,
    spoil: checkOptions("playSpoiledGold", spoilOptionsSchema, spoil),
  });
}

interface Player {
  readonly name: string;
  readonly seed: number;
  readonly spoil: ResolvedSpoilOptions | undefined;
}

/** Tasks are independent, so as many are played at once as there are simulators; that nothing waits for a slow one, some more are begun. */
function play(
  { environment, tasks = environment.tasks("train"), signal }: GoldOptions,
  { name, seed, spoil }: Player,
): AsyncGenerator<Trajectory> {
  const playTask = async (task: ScienceWorldTask, stopped: AbortSignal) => {
    // Which path the simulator makes depends on those that it made before; so that it follows from the task alone, there are none.
    const path = await onSimulator(
      environment,
      (simulator) => simulator.goldPath(environment.simulatorTask(task)),
      { signal: stopped, isFresh: true },
    );
    return await playActions(environment, task, {
      name,
      seed,
      actions: (episode) => actionsAlong(path, episode, deriveSeed(name, seed, task.id), spoil),
      signal: stopped,
    });
  };
  return inOrder(tasks, 2 * environment.simulators, playTask, signal);
}

/** The actions to take, each drawn after the one before it was taken. */
async function* actionsAlong(
  path: readonly string[],
  episode: ScienceWorldEpisode,
  seed: number,
  spoil: ResolvedSpoilOptions | undefined,
): AsyncGenerator<string> {
  for (const [index, action] of path.entries()) {
    if (spoil === undefined) {
      yield action;
      continue;
    }
    // A stream of its own for each step, so that a draw more at one changes nothing at the next.
    const random = createRandom(deriveSeed("spoiled-gold", seed, index));
    const nextFocus = path.slice(index + 1).find(isFocus);
    const possible: MistakeKind[] = ["skip", "wrongObject", "wander"];
    if (nextFocus !== undefined) possible.push("earlyFocus");
    switch (drawMistake(spoil, random, possible)) {
      case "skip":
        break;
      case "wrongObject":
        yield otherObject(action, await episode.validActions(), random) ?? action;
        break;
      case "earlyFocus":
        if (nextFocus !== undefined) yield nextFocus;
        yield action;
        break;
      case "wander": {
        const [least, most] = spoil.wanderSteps;
        const count = least + random.integer(Math.max(1, most - least + 1));
        for (let step = 0; step < count; step++) yield aimlessAction(await episode.validActions(), random);
        yield action;
        break;
      }
      default:
        yield action;
    }
  }
}
