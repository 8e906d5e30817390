import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { ConfigurationError } from "../../errors.ts";
import { saveCheckpoint } from "../../model/checkpoint/checkpoint.ts";
import { readSafetensors, writeSafetensors } from "../../model/checkpoint/safetensors.ts";
import { chooseDevice, type DeviceOption, defaultDevice, deviceOptions } from "../../model/graph/device.ts";
import type { Device } from "../../model/graph/graph.ts";
import {
  createTrainingSession,
  initialParameters,
  type LlamaConfiguration,
  type OptimizerState,
  type Parameters,
  type Tensor,
} from "../../model/llama/llama.ts";
import type { StudentTokenizer } from "../../model/tokenizer/tokenizer.ts";
import { numberBetween, oneOf, positiveNumber, threadCount, wholeNumber } from "../../option-values.ts";
import { parseOptions } from "../../options.ts";
import { packSequences } from "../packing.ts";
import type { TrainingProgress } from "../trainer.ts";
import { drawStep } from "./draw-batch.ts";
import type { Stage } from "./stage.ts";

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
 * @throws ConfigurationError for an unknown option or an impossible value, or if it was begun on another device.
 */
export async function pretrain(options: PretrainingOptions): Promise<string> {
  parseOptions("pretrain()", optionsSchema, options, "src/trainer/pretraining/pretrain.ts");
  const { configuration, tokenizer, seed, stages, outputDirectory } = options;
  const { batchTokens = 1024, contextLength, saveEvery = 250, threads } = options;
  const stateFile = `${outputDirectory}.state.safetensors`;
  const device = chooseDevice(options.device ?? defaultDevice());
  const saved = await readState(stateFile);
  if (saved !== undefined && saved.device !== device) {
    throw new ConfigurationError(`${stateFile} was begun on device "${saved.device}", this is "${device}"`, {
      hint: `Continue with --device ${saved.device}, or delete the file to begin anew.`,
    });
  }
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
      await writeState(stateFile, { device, parameters, optimizerState });
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

interface PretrainingState {
  readonly device: Device;
  readonly parameters: Parameters;
  readonly optimizerState: OptimizerState;
}

/** One safetensors file: parameters, both moments, and as tensors of one number the step and whether it is on WebGPU. */
async function writeState(
  file: string,
  { device, parameters, optimizerState }: PretrainingState,
): Promise<void> {
  const number = (value: number): Tensor => ({ shape: [1], data: Float32Array.of(value) });
  const tensors = new Map([
    ["step", number(optimizerState.step)],
    ["webgpu", number(device === "webgpu" ? 1 : 0)],
  ]);
  for (const [prefix, part] of [
    ["parameters", parameters],
    ["first", optimizerState.firstMoments],
    ["second", optimizerState.secondMoments],
  ] as const) {
    for (const [name, tensor] of part) tensors.set(`${prefix}:${name}`, tensor);
  }
  await mkdir(dirname(file), { recursive: true });
  await writeSafetensors(`${file}.partial`, tensors);
  await rename(`${file}.partial`, file);
}

async function readState(file: string): Promise<PretrainingState | undefined> {
  if (!existsSync(file)) return undefined;
  const tensors = await readSafetensors(file);
  const part = (prefix: string): Parameters =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(`${prefix}:`))
        .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
    );
  return {
    device: tensors.get("webgpu")?.data[0] === 1 ? "webgpu" : "cpu",
    parameters: part("parameters"),
    optimizerState: {
      step: tensors.get("step")?.data[0] ?? 0,
      firstMoments: part("first"),
      secondMoments: part("second"),
    },
  };
}
