import { existsSync } from "node:fs";
import { readTrajectories } from "../../src/formats/formats.ts";
import { writeTrajectories } from "../../src/formats/native.ts";
import { playSpoiledGold, type ScienceWorldEnvironment, type Trajectory } from "../../src/index.ts";
import type { Progress } from "../../src/run/progress.ts";

/** Probability of a mistake at a step; set by the expert's own win rate on training goals alone. */
export const mistakeRate = 0.3;

/** The stand-in expert on the training goals of a seed, from its file, or played and written there. */
export async function expertOf(
  environment: ScienceWorldEnvironment,
  options: {
    readonly seed: number;
    readonly file: string;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<readonly Trajectory[]> {
  const { seed, file, progress, signal } = options;
  if (!existsSync(file)) {
    const tasks = environment.tasks("train");
    const work = progress.begin(`expert of seed ${seed}`, tasks.length);
    const trajectories: Trajectory[] = [];
    for await (const trajectory of playSpoiledGold({ environment, tasks, seed, rate: mistakeRate, signal })) {
      trajectories.push(trajectory);
      work.update(trajectories.length);
    }
    work.end();
    await writeTrajectories(file, trajectories);
  }
  const trajectories: Trajectory[] = [];
  for await (const { trajectory } of readTrajectories(file, { format: "native" }))
    trajectories.push(trajectory);
  return trajectories;
}
