/**
 * The main job, `npm start`: SFT, RFT, RFT x6 and EEF on a generated WebShop, with a student that learns in this
 * process. What the task is, and why, stands in docs/default-task.md.
 */
import {
  createDefaultTask,
  createScriptedExpert,
  defineConfig,
  eef,
  embeddedTrainer,
  rft,
  sft,
  shippedBase,
} from "../../src/index.ts";

export default defineConfig({
  name: "webshop",
  seed: 1,
  environment: createDefaultTask().environment,
  experts: [{ policy: createScriptedExpert() }],
  trainer: embeddedTrainer({ base: shippedBase }),
  methods: [sft(), rft(), rft({ rollouts: 6 }), eef()],
  evaluation: { iterations: "all" },
});
