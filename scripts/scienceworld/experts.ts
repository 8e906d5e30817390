import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTrajectories } from "../../src/formats/formats.ts";
import { writeTrajectories } from "../../src/formats/native.ts";
import {
  playRandomFailures,
  playSpoiledGold,
  type ScienceWorldEnvironment,
  type Trajectory,
} from "../../src/index.ts";
import type { Progress } from "../../src/run/progress.ts";

/** Probability of a mistake at a step; set by the expert's own win rate on training goals alone. */
export const mistakeRate = 0.3;

export interface ExpertTrajectories {
  /** The stand-in expert. */
  readonly spoiledGold: readonly Trajectory[];
  /** The same wins, with failures that hold nothing. */
  readonly randomFailures: readonly Trajectory[];
}

/** The experts on the training goals of a seed, from their files in a folder, or played and written there. */
export async function expertsOf(
  environment: ScienceWorldEnvironment,
  options: {
    readonly seed: number;
    readonly folder: string;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<ExpertTrajectories> {
  const { seed, folder, progress, signal } = options;
  const tasks = environment.tasks("train");
  const recorded = async (name: string, played: AsyncIterable<Trajectory>) => {
    const file = join(folder, `${name}-seed-${seed}.jsonl`);
    if (!existsSync(file)) await writeTrajectories(file, counted(played));
    const trajectories: Trajectory[] = [];
    for await (const { trajectory } of readTrajectories(file, { format: "native" }))
      trajectories.push(trajectory);
    return trajectories;
  };
  async function* counted(played: AsyncIterable<Trajectory>): AsyncGenerator<Trajectory> {
    const work = progress.begin(`expert of seed ${seed}`, tasks.length);
    let count = 0;
    for await (const trajectory of played) {
      yield trajectory;
      work.update(++count);
    }
    work.end();
  }
  const spoiledGold = await recorded(
    "expert",
    playSpoiledGold({ environment, tasks, seed, rate: mistakeRate, signal }),
  );
  const randomFailures = await recorded(
    "random-failures",
    playRandomFailures({ environment, tasks, trajectories: spoiledGold, seed, signal }),
  );
  return { spoiledGold, randomFailures };
}
