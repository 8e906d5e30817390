/**
 * The main job, `npm start`: SFT, RFT, RFT x6 and EEF on a generated WebShop, with a student that learns in this
 * process. What the task is, and why, stands in docs/default-task.md. Smaller than the paper's, so that it ends
 * within five minutes on two cores: 50 training goals, and one round of exploration instead of three.
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
  environment: createDefaultTask({ goals: { train: 50, validation: 100, test: 60 } }).environment,
  experts: [{ policy: createScriptedExpert() }],
  trainer: embeddedTrainer({
    base: shippedBase,
    // A few dozen transcripts are few: many small steps on them, or the student does not learn to write an action.
    epochs: 6,
    batchTokens: 1024,
    learningRate: 1e-3,
    policy: { maximumSequences: 64, maximumNewTokens: 400 },
  }),
  methods: [sft(), rft({ iterations: 1 }), rft({ rollouts: 6, iterations: 1 }), eef({ iterations: 1 })],
  evaluation: { iterations: "all" },
  expectedMinutes: 5,
});
