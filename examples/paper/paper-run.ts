/**
 * What the configurations of the paper share: the student, how it is trained and served, the methods.
 *
 * Of the paper are: Llama-3-8B-Instruct, M = 5, 3 iterations from the base model, GPT-4 (and GPT-3.5) as experts, 4 NVIDIA
 * RTX A6000. Our sources do not tell its fine-tuning settings. Those marked ETO are of the script that ETO's authors published for
 * supervised fine-tuning on the same benchmarks (github.com/Yifan-Song793/ETO, run_eto.sh); those marked ours are ours.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  axolotlTrainer,
  ConfigurationError,
  chatPolicy,
  type EefConfig,
  type Environment,
  eef,
  recordedExpert,
  restartedServer,
  rft,
  sft,
} from "../../src/index.ts";

const model = "meta-llama/Meta-Llama-3-8B-Instruct";
const port = 8000;
const gpus = 4;

export interface PaperRunOptions {
  readonly name: string;
  readonly environment: Environment;
  readonly seed?: number | undefined;
  /** A folder; `experts/*.jsonl` in it are recorded trajectories, one expert each. */
  readonly data: string | undefined;
  readonly maximumSteps: number;
  /** The longest transcript, in tokens. */
  readonly contextLength: number;
}

export async function paperRun(options: PaperRunOptions): Promise<EefConfig> {
  const { name, environment, seed = 1, data, maximumSteps, contextLength } = options;
  return {
    name,
    seed,
    environment,
    experts: await expertsIn(data),
    trainer: axolotlTrainer({
      model,
      // Ours: an adapter, so that four GPUs of 48 GB have room to spare. The paper does not say.
      lora: { rank: 64, alpha: 128, dropout: 0.05 },
      // Ours: ETO's 2e-5 is for the whole model; an adapter wants about ten times that.
      learningRate: 2e-4,
      epochs: 3, // ETO
      batchSize: 64, // ETO
      warmup: 0.03, // ETO
      schedule: "cosine", // ETO
      weightDecay: 0, // ETO
      precision: "bfloat16", // ETO
      microBatchSize: 1,
      contextLength,
      gpus, // The paper's.
      // The GPUs are the trainer's while it trains and the server's while the student plays.
      serve: restartedServer({
        command: ({ location, kind }) => [
          ...["vllm", "serve", model, "--port", String(port), "--data-parallel-size", String(gpus)],
          ...["--max-model-len", String(contextLength), "--enable-prefix-caching"],
          ...(kind === "adapter"
            ? ["--enable-lora", "--max-lora-rank", "64", "--lora-modules", `student=${location}`]
            : []),
        ],
        baseUrl: `http://127.0.0.1:${port}/v1`,
        modelName: ({ kind }) => (kind === "adapter" ? "student" : model),
        student: { maximumTokens: 256 },
      }),
    }),
    // The paper's M and I are the defaults: eef() is eef({ simulatedStates: 5, iterations: 3 }).
    methods: [sft(), rft(), rft({ rollouts: 6 }), eef()],
    rollout: { maximumSteps, concurrency: 256 },
  };
}

/** The recorded experts of the folder; GPT-4 itself if there are none. */
async function expertsIn(data: string | undefined): Promise<EefConfig["experts"]> {
  const folder = join(data ?? ".", "experts");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".jsonl")) : [];
  if (files.length > 0)
    return await Promise.all(files.sort().map((name) => recordedExpert({ file: join(folder, name) })));
  if (process.env.OPENAI_API_KEY === undefined) {
    throw new ConfigurationError(
      `There are no recorded experts in ${folder}, and OPENAI_API_KEY is not set.`,
      {
        hint: "Put trajectories there (eef import brings those of other formats into ours), or set the key: then GPT-4 acts, one episode for each task.",
      },
    );
  }
  return [
    {
      policy: chatPolicy({
        baseUrl: "https://api.openai.com/v1",
        model: "gpt-4",
        apiKeyEnvironmentVariable: "OPENAI_API_KEY",
      }),
      // Ours; the paper does not say.
      temperature: 0,
    },
  ];
}
