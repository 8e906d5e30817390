/**
 * ScienceWorld as in the paper: 1,483 training and 211 test variations of 24 tasks, the simulator's easy simplifications.
 *
 *     eef scienceworld install
 *     npx eef run examples/paper/scienceworld/eef.config.ts --data DIR --dry-run
 *
 * `DIR/experts/*.jsonl` are the experts' trajectories. For a trial without an LLM, `eef scienceworld expert` makes such a file.
 */
import { defineConfig, scienceworld } from "../../../src/index.ts";
import { paperRun } from "../paper-run.ts";

export default defineConfig(
  async ({ data, seed }) =>
    await paperRun({
      name: "paper-scienceworld",
      environment: scienceworld(),
      data,
      seed,
      // The environment has its own limit for each task, of which this is the largest.
      maximumSteps: 120,
      contextLength: 8192,
    }),
);
