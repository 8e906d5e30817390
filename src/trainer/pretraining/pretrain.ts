import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { saveCheckpoint } from "../../model/checkpoint/checkpoint.ts";
import { chooseDevice, type DeviceOption, defaultDevice, deviceOptions } from "../../model/graph/device.ts";
import {
  createTrainingSession,
  initialParameters,
  type LlamaConfiguration,
  type Parameters,
} from "../../model/llama/llama.ts";
import type { StudentTokenizer } from "../../model/tokenizer/tokenizer.ts";
import { numberBetween, oneOf, positiveNumber, threadCount, wholeNumber } from "../../option-values.ts";
import { parseOptions } from "../../options.ts";
import { packSequences } from "../packing.ts";
import type { TrainingProgress } from "../trainer.ts";
import { drawStep } from "./draw-batch.ts";
import type { Stage } from "./stage.ts";
import { checkContinuation, readState, writeState } from "./state-file.ts";

export interface PretrainingOptions {
  readonly configuration: LlamaConfiguration;
  readonly tokenizer: StudentTokenizer;
  /** What to begin with: weights, and the version of the checkpoint that they are from. Default: random weights. */
  readonly start?: { readonly parameters: Parameters; readonly version: string };
  readonly stages: readonly Stage[];
  readonly seed: number;
  /** Where the checkpoint goes; written whole or not at all. */
  readonly outputDirectory: string;
  /** Longest document, in tokens. */
  readonly contextLength: number;
  /** Tokens of one optimiser step. Default 1024: many small steps learn to copy sooner than few large ones. */
  readonly batchTokens?: number;
  /** The highest learning rate. Default 3e-3. */
  readonly learningRate?: number;
  /** Steps over which the learning rate rises. Default 100. */
  readonly warmupSteps?: number;
  /** Part of all tokens after which the learning rate begins to fall, linearly to 5% of its peak. Default 0.6. */
  readonly decayFrom?: number;
  /** Steps between two saves of the state that an interrupted pretraining continues from. Default 250. */
  readonly saveEvery?: number;
  readonly threads?: number;
  /** See `chooseDevice`. Default: the environment variable EEF_DEVICE, or "cpu". */
  readonly device?: DeviceOption;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Required<TrainingProgress> & { readonly stage: string }) => void;
}

/** The other options are made by this program. */
const optionsSchema = z.strictObject({
  configuration: z.unknown(),
  tokenizer: z.unknown(),
  start: z.unknown().optional(),
  stages: z.array(z.unknown()).min(1).readonly(),
  seed: wholeNumber(0),
  outputDirectory: z.string().min(1),
  contextLength: wholeNumber(1),
  batchTokens: wholeNumber(1).optional(),
  learningRate: positiveNumber().optional(),
  warmupSteps: wholeNumber(0).optional(),
  decayFrom: numberBetween(0, 1).optional(),
  saveEvery: wholeNumber(1).optional(),
  threads: threadCount().optional(),
  device: oneOf(deviceOptions).optional(),
  signal: z.unknown().optional(),
  onProgress: z.unknown().optional(),
});

/**
 * Trains a model on documents, stage by stage. Interrupted, it continues from its last saved state and
 * ends with the weights of the unbroken run.
 * @returns The checkpoint's version.
 * @throws ConfigurationError for an unknown option or an impossible value, or if what an interruption left is of another
 * pretraining, or was begun on another device.
 */
export async function pretrain(options: PretrainingOptions): Promise<string> {
  parseOptions("pretrain()", optionsSchema, options, "src/trainer/pretraining/pretrain.ts");
  const { configuration, tokenizer, seed, stages, outputDirectory } = options;
  const { batchTokens = 1024, contextLength, saveEvery = 250, threads } = options;
  const stateFile = `${outputDirectory}.state.safetensors`;
  const device = chooseDevice(options.device ?? defaultDevice());
  const identity = identityOf(options);
  const saved = await readState(stateFile);
  if (saved !== undefined) checkContinuation(stateFile, saved, { device, identity });
  await using session = await createTrainingSession(
    configuration,
    saved?.parameters ?? options.start?.parameters ?? initialParameters(configuration, seed),
    {
      learning: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 },
      device,
      ...(threads === undefined ? {} : { threads }),
      ...(saved === undefined ? {} : { optimizerState: saved.optimizerState }),
    },
  );
  const plan = stages.flatMap((stage) =>
    Array.from({ length: Math.ceil(stage.tokens / batchTokens) }, (_, step) => ({ stage, step })),
  );
  const started = performance.now();
  const first = saved?.optimizerState.step ?? 0;
  let tokens = 0;
  let recentLoss = Number.NaN;
  for (let step = first; step < plan.length; step++) {
    options.signal?.throwIfAborted();
    const { stage, step: stageStep } = plan[step] as (typeof plan)[number];
    const sequences = drawStep(stage, { seed, step: stageStep }, batchTokens, contextLength, tokenizer);
    const { loss } = await session.step(
      packSequences(sequences, { maximumLength: configuration.maximumPositions }),
      learningRateAt(options, step, plan.length),
    );
    tokens += sequences.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    recentLoss = Number.isNaN(recentLoss) ? loss : 0.95 * recentLoss + 0.05 * loss;
    options.onProgress?.({
      stage: stage.name,
      step: step + 1,
      steps: plan.length,
      loss: recentLoss,
      tokensPerSecond: tokens / ((performance.now() - started) / 1000),
    });
    if ((step + 1) % saveEvery === 0) {
      const [parameters, optimizerState] = [await session.parameters(), await session.optimizerState()];
      await writeState(stateFile, { device, identity, parameters, optimizerState });
    }
    await setImmediate();
  }
  const version = await saveCheckpoint(outputDirectory, {
    configuration,
    parameters: await session.parameters(),
    tokenizer,
    metadata: {
      ...(options.start === undefined ? {} : { base: options.start.version }),
      seed,
      stages: stages.map(({ name, tokens, exercises }) => ({
        name,
        tokens,
        exercises: exercises.map((kind) => ({ name: kind.name, weight: kind.weight })),
      })),
      steps: plan.length,
      batchTokens,
      learningRate: options.learningRate ?? 3e-3,
      ...(device === "cpu" ? {} : { device }),
    },
  });
  await rm(stateFile, { force: true });
  return version;
}

function learningRateAt(options: PretrainingOptions, step: number, steps: number): number {
  const { learningRate = 3e-3, warmupSteps = 100, decayFrom = 0.6 } = options;
  const remaining = (1 - step / steps) / (1 - decayFrom);
  return learningRate * Math.min(1, (step + 1) / warmupSteps) * Math.max(0.05, Math.min(1, remaining));
}

/** All that decides the weights but the device. Of documents that are drawn it knows the kinds, and the words by the tokenizer. */
function identityOf(options: PretrainingOptions): Uint8Array {
  const { configuration, tokenizer, start, stages, seed, contextLength, batchTokens, learningRate } = options;
  const { warmupSteps, decayFrom } = options;
  const decisive = [
    ...[configuration, tokenizer.file, start?.version, stages, seed, contextLength, batchTokens],
    ...[learningRate, warmupSteps, decayFrom],
  ];
  // JSON writes null for what is undefined, and leaves functions out.
  return createHash("sha256").update(JSON.stringify(decisive)).digest();
}
