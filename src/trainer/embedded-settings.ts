import { z } from "zod";
import { type DeviceOption, defaultDevice, deviceOptions } from "../model/graph/device.ts";
import { adaptableModules, checkLoraOptions, type LoraOptions } from "../model/llama/llama.ts";
import {
  limit,
  numberBetween,
  numberFrom,
  oneOf,
  positiveNumber,
  threadCount,
  wholeNumber,
} from "../option-values.ts";
import { parseOptions } from "../options.ts";
import type { EmbeddedPolicyOptions } from "../policy/embedded.ts";
import { embeddedPolicyOptionsSchema } from "../policy/embedded-options.ts";
import { decays, type LearningRateSchedule } from "./learning-rate.ts";

export interface EmbeddedTrainerOptions {
  /** Directory of the checkpoint that fine-tuning starts from. */
  readonly base: string;
  /** How often each example is seen. Default 4. */
  readonly epochs?: number;
  /** Tokens of one optimiser step, context included. Default 4096. */
  readonly batchTokens?: number;
  /** The highest learning rate. Default 5e-4. */
  readonly learningRate?: number;
  /** Part of the steps over which the learning rate rises, in [0, 1]. Default 0.1. */
  readonly warmup?: number;
  /** Default "cosine". */
  readonly schedule?: LearningRateSchedule["decay"];
  /** Last learning rate as a part of the highest. Default 0.1. */
  readonly finalLearningRate?: number;
  /** Decoupled weight decay of AdamW. Default 0.01. */
  readonly weightDecay?: number;
  /** Largest norm of the gradient. Default 1. */
  readonly clip?: number;
  /** Longest transcript to learn from, in tokens; default, and at most, the model's positions. */
  readonly contextLength?: number;
  /**
   * Trains a low-rank adapter instead of the whole model: less memory, for larger models. The checkpoint holds the merged
   * model, and the adapter in PEFT's format in its directory `adapter`. Default: the whole model is trained.
   */
  readonly lora?: Partial<LoraOptions>;
  /** Threads of the tensor engine. Default: the environment variable EEF_THREADS, or 2. */
  readonly threads?: number;
  /**
   * What trains: the CPU, a GPU through WebGPU, or "auto", which is WebGPU where it is usable. The last bits of the weights
   * depend on it, so a run is continued only on the device it began on. Policies always compute on the CPU. Default: the
   * environment variable EEF_DEVICE, or "cpu".
   */
  readonly device?: DeviceOption;
  /** How the policies that this trainer opens behave. */
  readonly policy?: EmbeddedPolicyOptions;
}

/** The options with their defaults. */
export type Settings = Required<
  Omit<EmbeddedTrainerOptions, "base" | "contextLength" | "lora" | "threads" | "policy">
> &
  Pick<EmbeddedTrainerOptions, "base" | "contextLength" | "threads" | "policy"> & {
    readonly lora?: LoraOptions;
  };

const loraDefaults: LoraOptions = { rank: 8, alpha: 16, dropout: 0, targetModules: adaptableModules };

/** What `embeddedTrainer` takes; docs/hugging-face.md lists each. */
export const optionsSchema = z.strictObject({
  base: z
    .string({ error: "expected the directory of a checkpoint" })
    .min(1, "expected the directory of a checkpoint"),
  epochs: wholeNumber(1).optional(),
  batchTokens: limit(1).optional(),
  learningRate: positiveNumber().optional(),
  warmup: numberBetween(0, 1).optional(),
  schedule: oneOf(decays).optional(),
  finalLearningRate: numberBetween(0, 1).optional(),
  weightDecay: numberFrom(0).optional(),
  clip: limit(Number.MIN_VALUE).optional(),
  contextLength: wholeNumber(1).optional(),
  // The values are checked with the defaults filled in.
  lora: z
    .strictObject({
      rank: z.number().optional(),
      alpha: z.number().optional(),
      dropout: z.number().optional(),
      targetModules: z.array(z.string(), { error: "expected a list of names" }).readonly().optional(),
    })
    .optional(),
  threads: threadCount().optional(),
  device: oneOf(deviceOptions).optional(),
  policy: embeddedPolicyOptionsSchema.optional(),
});

/**
 * Fills in the defaults.
 * @throws ConfigurationError naming each unknown option and each impossible value.
 */
export function settingsOf(given: EmbeddedTrainerOptions): Settings {
  parseOptions("embeddedTrainer()", optionsSchema, given, "docs/hugging-face.md");
  const { lora, ...options } = given;
  const settings: Settings = {
    epochs: 4,
    batchTokens: 4096,
    learningRate: 5e-4,
    warmup: 0.1,
    schedule: "cosine",
    finalLearningRate: 0.1,
    weightDecay: 0.01,
    clip: 1,
    device: defaultDevice(),
    ...withoutUndefined(options),
    ...(lora === undefined ? {} : { lora: { ...loraDefaults, ...withoutUndefined(lora) } }),
  };
  if (settings.lora !== undefined) checkLoraOptions(settings.lora);
  return settings;
}

/** An option that is undefined is not given. */
function withoutUndefined<Options extends object>(options: Options): Options {
  const given = { ...options };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) Reflect.deleteProperty(given, name);
  }
  return given;
}
