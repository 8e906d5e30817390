import { z } from "zod";
import { parseOptions } from "../../options.ts";
import { longestSeconds } from "../../policy/chat/settings.ts";
import type { ModelServer } from "./serving/model-server.ts";
import type { YamlValue } from "./yaml.ts";

const yamlValue: z.ZodType<YamlValue> = z.lazy(() =>
  z.union([
    z.null(),
    z.boolean(),
    z.number(),
    z.string(),
    z.array(yamlValue).readonly(),
    z.record(z.string(), yamlValue).readonly(),
  ]),
);

/** A low-rank adapter (LoRA, arXiv 2106.09685). */
const loraSchema = z.strictObject({
  rank: z.int().min(1).default(64),
  /** The update is scaled by alpha / rank. */
  alpha: z.number().positive().default(128),
  dropout: z.number().min(0).max(1).default(0.05),
});

/** What fine-tuning needs to be told, in the same words for every trainer. */
export const trainingSettings = {
  /** The model to start from: its name on the Hugging Face Hub, or a directory. */
  model: z.string().min(1),
  /** Of a model on the hub: the branch, tag or commit. */
  revision: z.string().min(1).default("main"),
  /** How often each example is seen. */
  epochs: z.int().min(1).default(3),
  /** The highest learning rate. Default: 1e-4 for an adapter, 1e-5 for the whole model. */
  learningRate: z.number().positive().optional(),
  /** Examples of one optimiser step, over all GPUs. */
  batchSize: z.int().min(1).default(32),
  /** Examples that one GPU holds at once; the rest of a batch is accumulated. */
  microBatchSize: z.int().min(1).default(1),
  /** The longest transcript, in tokens. */
  contextLength: z.int().min(1).default(8192),
  /** Part of the steps over which the learning rate rises, in [0, 1]. */
  warmup: z.number().min(0).max(1).default(0.03),
  schedule: z.enum(["linear", "cosine", "constant"]).default("cosine"),
  weightDecay: z.number().min(0).default(0),
  /** Largest norm of the gradient. */
  clip: z.number().positive().default(1),
  /** An adapter of this kind; false trains the whole model. */
  lora: z.union([loraSchema, z.literal(false)]).prefault({}),
  precision: z.enum(["bfloat16", "float16", "float32"]).default("bfloat16"),
  gpus: z.int().min(1).default(1),
  /** Recomputes activations instead of storing them: less memory, a third more time. */
  gradientCheckpointing: z.boolean().default(true),
  /** A checkpoint after each epoch, or after so many optimiser steps. An interrupted training goes on from the last. */
  saveEvery: z.union([z.literal("epoch"), z.int().min(1)]).default("epoch"),
  checkpointsKept: z.int().min(1).default(1),
  /** Further settings under the trainer's own names; they overrule those made here. */
  settings: z.record(z.string(), yamlValue).default({}),
};

/** How the child process runs; none of it changes what is learned. */
export const processSettings = {
  /** The command to start, with leading arguments: `["uv", "run", "trl"]`. Default: the trainer's own name. */
  executable: z.array(z.string().min(1)).min(1).optional(),
  /** Environment variables for the trainer, such as CUDA_VISIBLE_DEVICES. Never stored. */
  environment: z.record(z.string(), z.string()).default({}),
  /** Between the request to stop and the kill. torchrun gives its workers 30 seconds. */
  stopGraceSeconds: z.number().min(0).max(longestSeconds).default(45),
  /** How long the trainer may print nothing before it is stopped. Default: for ever, but half an hour is noted. */
  silenceSeconds: z.number().positive().max(longestSeconds).optional(),
};

/** Every trainer needs something that serves what it trained. */
export const servingSettings = {
  serve: z.custom<ModelServer>(
    (value) => typeof value === "object" && value !== null && "open" in value && "name" in value,
    "expected a ModelServer, such as vllmAdapters({ baseUrl }), restartedServer({ ... }) or hostedModel({ baseUrl })",
  ),
};

export const commonSettings = { ...trainingSettings, ...processSettings, ...servingSettings };
const commonSchema = z.strictObject(commonSettings);
export type CommonSettings = z.output<typeof commonSchema>;

/** @throws ConfigurationError naming each option that is wrong. */
export function parseTrainerOptions<Schema extends z.ZodType>(
  trainer: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  return parseOptions(trainer, schema, options, "docs/trainers.md");
}

/** The learning rate, or what is usual for an adapter (1e-4) and for a whole model (1e-5). */
export function learningRateOf({
  learningRate,
  lora,
}: Pick<CommonSettings, "learningRate" | "lora">): number {
  return learningRate ?? (lora === false ? 1e-5 : 1e-4);
}

/** The schedule under the Hugging Face libraries' name: their "constant" would ignore the warm-up. */
export function schedulerName({ schedule }: Pick<CommonSettings, "schedule">): string {
  return schedule === "constant" ? "constant_with_warmup" : schedule;
}

export interface Batches {
  /** Micro-batches accumulated to one optimiser step, on each GPU. */
  readonly accumulated: number;
  /** Examples that an optimiser step sees in fact: `batchSize` rounded up to whole micro-batches. */
  readonly examples: number;
  /** Optimiser steps in all epochs. */
  readonly steps: number;
  /** Of them, with a rising learning rate. */
  readonly warmupSteps: number;
}

/** How `rows` examples fall into optimiser steps. */
export function batchesOf(
  { batchSize, microBatchSize, gpus, epochs, warmup }: CommonSettings,
  rows: number,
): Batches {
  const accumulated = Math.max(1, Math.round(batchSize / (microBatchSize * gpus)));
  const examples = accumulated * microBatchSize * gpus;
  const steps = Math.ceil(rows / examples) * epochs;
  return { accumulated, examples, steps, warmupSteps: Math.round(warmup * steps) };
}
