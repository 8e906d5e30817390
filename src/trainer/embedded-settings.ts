import { ConfigurationError } from "../errors.ts";
import { type DeviceOption, defaultDevice, deviceOptions, isDeviceOption } from "../model/graph/device.ts";
import { adaptableModules, checkLoraOptions, type LoraOptions } from "../model/llama/llama.ts";
import type { EmbeddedPolicyOptions } from "../policy/embedded.ts";
import type { LearningRateSchedule } from "./learning-rate.ts";

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

/**
 * Fills in the defaults.
 * @throws ConfigurationError naming the option that is impossible.
 */
export function settingsOf({ lora, ...options }: EmbeddedTrainerOptions): Settings {
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
    ...options,
    ...(lora === undefined ? {} : { lora: { ...loraDefaults, ...lora } }),
  };
  checkSettings(settings);
  return settings;
}

function checkSettings(settings: Settings): void {
  const check = (name: keyof Settings, valid: boolean, expected: string): void => {
    if (!valid) throw new ConfigurationError(`${name}: expected ${expected}, got ${settings[name]}`);
  };
  check("epochs", Number.isInteger(settings.epochs) && settings.epochs >= 1, "a whole number of at least 1");
  check("batchTokens", settings.batchTokens >= 1, "at least 1");
  check(
    "learningRate",
    settings.learningRate > 0 && Number.isFinite(settings.learningRate),
    "a positive number",
  );
  check("warmup", settings.warmup >= 0 && settings.warmup <= 1, "a number from 0 to 1");
  check(
    "finalLearningRate",
    settings.finalLearningRate >= 0 && settings.finalLearningRate <= 1,
    "a number from 0 to 1",
  );
  check("weightDecay", settings.weightDecay >= 0, "a number of at least 0");
  check("clip", settings.clip > 0, "a positive number");
  check("device", isDeviceOption(settings.device), `one of ${deviceOptions.join(", ")}`);
  if (settings.lora !== undefined) checkLoraOptions(settings.lora);
}
