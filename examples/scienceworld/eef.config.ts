/**
 * SFT, RFT and EEF on short tasks of ScienceWorld. Needs Java and the simulator (`npx eef scienceworld install`). What is run, with
 * what student, and what to expect of it, stands in README.md.
 */
import { join } from "node:path";
import {
  defineConfig,
  eef,
  embeddedTrainer,
  playSpoiledGold,
  rft,
  scienceworld,
  sft,
  type Trajectory,
} from "../../src/index.ts";

export default defineConfig(async ({ seed = 1 }) => {
  const environment = scienceworld({
    splits: "official",
    tasks: ["find-non-living-thing", "lifespan-longest-lived", "lifespan-shortest-lived"],
    variationsPerTask: { train: 8, validation: 5, test: 5 },
    opening: "task-and-look",
    lookOnArrival: true,
  });
  // The same for the same seed, so that a run that was stopped goes on with the same expert.
  const trajectories: Trajectory[] = [];
  for await (const trajectory of playSpoiledGold({ environment, seed, rate: 0.3 })) {
    trajectories.push(trajectory);
  }
  return {
    name: `scienceworld-seed-${seed}`,
    seed,
    environment,
    experts: [{ name: "spoiled-gold", trajectories }],
    trainer: embeddedTrainer({
      base: join(import.meta.dirname, "base"),
      epochs: 8,
      batchTokens: 512,
      learningRate: 1e-3,
      policy: { maximumSequences: 32, maximumNewTokens: 40 },
    }),
    methods: [sft(), rft({ iterations: 1 }), eef({ iterations: 1 })],
    // The protocol's own limits for these tasks are 10 and 15 steps.
    rollout: { maximumSteps: 15, concurrency: 4 },
  };
});
