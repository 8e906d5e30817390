/**
 * TRL trains, `transformers serve` serves, and the student is a chat model behind that server: the whole method with none of
 * this project's own training or decoding. As small as it can be on a CPU. See loop.ts.
 *
 *     EEF_PROOF_BIN=VENV/bin eef run scripts/proof/loop.config.ts
 */
import { join, resolve } from "node:path";
import process from "node:process";
import {
  createDefaultTask,
  createScriptedExpert,
  defineConfig,
  eef,
  restartedServer,
  sft,
  shippedBase,
  trlTrainer,
} from "../../src/index.ts";

const bin = resolve(process.env.EEF_PROOF_BIN ?? "venv/bin");
const port = "8123";
/** So small a model is computed fastest by one thread. */
const environment = { OMP_NUM_THREADS: "1" };
/** In tokens. */
export const longestMessage = 240;

export default defineConfig({
  name: "loop",
  environment: createDefaultTask({ goals: { train: 12, validation: 1, test: 6 } }).environment,
  experts: [{ policy: createScriptedExpert() }],
  trainer: trlTrainer({
    model: shippedBase,
    lora: false,
    epochs: 15,
    batchSize: 2,
    learningRate: 1e-3,
    contextLength: 4096,
    precision: "float32",
    gradientCheckpointing: false,
    settings: { use_cpu: true },
    executable: [join(bin, "trl")],
    environment,
    serve: restartedServer({
      command: ({ location }) => [
        join(bin, "transformers"),
        "serve",
        location,
        ...["--host", "127.0.0.1", "--port", port, "--device", "cpu"],
      ],
      baseUrl: `http://127.0.0.1:${port}/v1`,
      modelName: ({ location }) => location,
      environment,
      student: { maximumTokens: longestMessage },
    }),
  }),
  methods: [sft(), eef({ iterations: 2, simulatedStates: 1 })],
  // The server sets one seed for all requests that it works on, so answers repeat only one at a time.
  rollout: { maximumSteps: 7, concurrency: 1 },
  evaluation: { iterations: "all" },
});
