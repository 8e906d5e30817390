import { countingTask } from "../../src/rollout/counting-world.test-helpers.ts";
import type { RolloutRequest } from "../../src/rollout/executor.ts";

/** Episodes of the counting world, each `turns` turns long with a model that only ever adds 1. */
export function countingEpisodes(count: number, turns: number): RolloutRequest[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `episode ${index}`,
    kind: "simulation",
    task: countingTask(`task ${index}`, turns),
    seed: index,
    temperature: 1,
    maximumSteps: turns,
  }));
}
