/** `eef run eef.config.ts` in this folder: your environment, an expert, a student, and the methods to compare. */
import { defineConfig, eef, embeddedTrainer, rft, sft, shippedBase } from "../../src/index.ts";
import { hastyReader } from "./expert.ts";
import { library } from "./library.ts";

export default defineConfig({
  name: "library",
  seed: 1,
  environment: library(1, { train: 30, validation: 0, test: 20 }),
  experts: [{ policy: hastyReader(0.4) }],
  trainer: embeddedTrainer({ base: shippedBase }),
  methods: [sft(), rft({ rollouts: 6 }), eef()],
  rollout: { maximumSteps: 10 },
});
