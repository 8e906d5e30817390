import type { ScienceWorldEnvironment, ScienceWorldTask } from "../../src/index.ts";
import { createRandom, deriveSeed } from "../../src/random.ts";
import type { Split } from "../../src/trajectory.ts";

/**
 * The kinds of task whose recorded solutions are shortest: on training variations a median of at most 8 steps and 1,500 characters of
 * transcript (`gold-train.jsonl`, 30 kinds). Chosen on training and validation variations, before any student played test goals.
 */
export const shortKinds = [
  "find-non-living-thing",
  "lifespan-longest-lived",
  "lifespan-shortest-lived",
  "lifespan-longest-lived-then-shortest-lived",
] as const;

/** Goals of each kind that a seed has. */
export const goalsPerKind: Readonly<Record<Split, number>> = { train: 14, validation: 8, test: 16 };

/** The same world with fewer goals: those of a seed, drawn from the benchmark's own split, kinds taking turns. */
export function withGoalsOfSeed<World extends Pick<ScienceWorldEnvironment, "tasks">>(
  world: World,
  seed: number,
): World {
  const drawn = (split: Split): readonly ScienceWorldTask[] => {
    const kinds = [...Map.groupBy(world.tasks(split), ({ task }) => task)].map(([task, variations]) =>
      createRandom(deriveSeed("goals", seed, split, task)).sample(variations, goalsPerKind[split]),
    );
    return Array.from({ length: goalsPerKind[split] }, (_, turn) => turn).flatMap((turn) =>
      kinds.flatMap((variations) => variations[turn] ?? []),
    );
  };
  const tasks = { train: drawn("train"), validation: drawn("validation"), test: drawn("test") };
  return { ...world, tasks: (split: Split) => tasks[split] };
}
