/**
 * The main job, `npm start`: SFT, RFT, RFT x6 and EEF on a generated WebShop, with a student that learns in this
 * process. What the task is, and why, stands in docs/default-task.md. Smaller than the paper's in two ways, so that
 * it ends within ten minutes on two cores: 100 training goals, and two rounds of exploration instead of three.
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
  environment: createDefaultTask({ goals: { train: 100, validation: 100, test: 100 } }).environment,
  experts: [{ policy: createScriptedExpert() }],
  trainer: embeddedTrainer({
    base: shippedBase,
    policy: { maximumSequences: 64, maximumNewTokens: 192 },
  }),
  methods: [sft(), rft({ iterations: 2 }), rft({ rollouts: 6, iterations: 2 }), eef({ iterations: 2 })],
  evaluation: { iterations: "all" },
});
