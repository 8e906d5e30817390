/**
 * SFT, RFT and EEF on a small part of ScienceWorld: finding the animals that live longest and shortest. Needs Java and the simulator
 * (`npx eef scienceworld install`). What is run, and what to expect of it, stands in README.md.
 */
import {
  defineConfig,
  eef,
  embeddedTrainer,
  playSpoiledGold,
  rft,
  scienceworld,
  sft,
  shippedBase,
  type Trajectory,
} from "../../src/index.ts";

export default defineConfig(async ({ seed = 1 }) => {
  const environment = scienceworld({
    tasks: ["lifespan-longest-lived", "lifespan-shortest-lived"],
    variationsPerTask: { train: 8, validation: 5, test: 5 },
  });
  // The same for the same seed, so that a run that was stopped goes on with the same expert.
  const trajectories: Trajectory[] = [];
  for await (const trajectory of playSpoiledGold({ environment, seed, rate: 0.2 })) {
    trajectories.push(trajectory);
  }
  return {
    name: `scienceworld-seed-${seed}`,
    seed,
    environment,
    experts: [{ name: "spoiled-gold", trajectories }],
    trainer: embeddedTrainer({
      base: shippedBase,
      epochs: 6,
      batchTokens: 1024,
      learningRate: 1e-3,
      policy: { maximumSequences: 16, maximumNewTokens: 60 },
    }),
    methods: [sft(), rft({ iterations: 1 }), eef({ iterations: 1 })],
    // The protocol's own limit for these tasks is 10 steps.
    rollout: { maximumSteps: 10, concurrency: 16 },
  };
});
