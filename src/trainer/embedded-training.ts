import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeAdapter } from "../model/checkpoint/adapter-files.ts";
import type { Checkpoint, CheckpointContent } from "../model/checkpoint/checkpoint.ts";
import { chooseDevice } from "../model/graph/device.ts";
import {
  createLoraSession,
  createTrainingSession,
  initialAdapter,
  mergeAdapter,
  type TrainingSession,
} from "../model/llama/llama.ts";
import { deriveSeed } from "../random.ts";
import type { Settings } from "./embedded-settings.ts";
import type { TrainingRequest } from "./trainer.ts";

/** A fine-tuning of a checkpoint under way. */
export interface Training extends AsyncDisposable {
  readonly session: TrainingSession;
  /** The fine-tuned weights, and what else belongs into their checkpoint. */
  result(): Promise<Pick<CheckpointContent, "parameters" | "writeMore">>;
}

/** Opens the training of the whole model, or of an adapter. */
export async function openTraining(
  base: Checkpoint,
  { seed, base: reference }: Pick<TrainingRequest, "base" | "seed">,
  settings: Settings,
): Promise<Training> {
  const options = {
    learning: {
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      weightDecay: settings.weightDecay,
      clipNorm: settings.clip,
    },
    device: chooseDevice(settings.device),
    ...(settings.threads === undefined ? {} : { threads: settings.threads }),
  };
  const { configuration, parameters } = base;
  const { lora } = settings;
  if (lora === undefined) {
    const session = await createTrainingSession(configuration, parameters, options);
    return {
      session,
      result: async () => ({ parameters: await session.parameters() }),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  }
  const initial = initialAdapter(configuration, lora, deriveSeed(seed, "adapter"));
  const session = await createLoraSession(configuration, parameters, initial, {
    ...options,
    seed: deriveSeed(seed, "dropout"),
  });
  return {
    session,
    result: async () => {
      const adapter = { options: lora, parameters: await session.parameters() };
      return {
        parameters: mergeAdapter(configuration, parameters, adapter),
        writeMore: async (directory) => {
          const path = join(directory, "adapter");
          await mkdir(path);
          await writeAdapter(path, adapter, reference.location);
        },
      };
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
