import { setImmediate } from "node:timers/promises";
import { ConfigurationError } from "../errors.ts";
import {
  type Checkpoint,
  checkpointVersion,
  loadCheckpoint,
  saveCheckpoint,
} from "../model/checkpoint/checkpoint.ts";
import { chooseDevice } from "../model/graph/device.ts";
import type { LlamaConfiguration } from "../model/llama/llama.ts";
import { contextLengthOf, createEmbeddedPolicy } from "../policy/embedded.ts";
import { createRandom, deriveSeed } from "../random.ts";
import { type EmbeddedTrainerOptions, type Settings, settingsOf } from "./embedded-settings.ts";
import { openTraining } from "./embedded-training.ts";
import { type ContextLimit, describeCut, fitExamples } from "./fit-examples.ts";
import { type LearningRateSchedule, learningRateAt } from "./learning-rate.ts";
import { fineTuningRows, groupByTokens, packSequences } from "./packing.ts";
import type { TargetSequence } from "./sequences.ts";
import type { PolicyReference, Trainer, TrainingRequest, TrainingResult } from "./trainer.ts";

export type { EmbeddedTrainerOptions } from "./embedded-settings.ts";

/**
 * Fine-tunes the embedded student in this process. The same request gives the same checkpoint, bit for bit, on the same
 * device.
 */
export function embeddedTrainer(options: EmbeddedTrainerOptions): Trainer {
  const settings = settingsOf(options);
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  return {
    name: "embedded",
    // The base is described by its version.
    describe: () => ({ ...settings, base: undefined, device: undefined, ...recordedDevice(settings) }),
    base: async () => ({ location: options.base, version: await checkpointVersion(options.base) }),
    open: async (reference) =>
      createEmbeddedPolicy({ ...threads, ...options.policy, checkpoint: await loadExpected(reference) }),
    train: (request) => train(request, settings),
  };
}

async function train(request: TrainingRequest, settings: Settings): Promise<TrainingResult> {
  const started = performance.now();
  const base = await loadExpected(request.base);
  // What the student could not be opened with should not be found out after the training.
  contextLengthOf(settings.policy ?? {}, base.configuration);
  const limit = contextLimit(base.configuration, settings);
  const { sequences, counts } = fitExamples(base.tokenizer, request.examples, limit);
  const cut = describeCut(counts, limit);
  if (cut !== undefined) request.onNote?.(cut);
  const updates = planUpdates(sequences, request.seed, settings);
  const schedule: LearningRateSchedule = {
    peak: settings.learningRate,
    warmup: settings.warmup,
    decay: settings.schedule,
    final: settings.finalLearningRate,
  };
  await using training = await openTraining(base, request, settings);

  const rows = fineTuningRows(base.configuration);
  const losses: number[] = [];
  let trainedTokens = 0;
  let targetTokens = 0;
  const stepsStarted = performance.now();
  for (const [step, group] of updates.entries()) {
    request.signal?.throwIfAborted();
    const batches = packSequences(group, rows);
    const { loss } = await training.session.step(batches, learningRateAt(schedule, step, updates.length));
    losses.push(loss);
    for (const { inputIds, weights } of group) {
      trainedTokens += inputIds.length;
      for (const weight of weights) if (weight > 0) targetTokens++;
    }
    request.onProgress?.({
      step: step + 1,
      steps: updates.length,
      loss,
      tokensPerSecond: trainedTokens / ((performance.now() - stepsStarted) / 1000),
    });
    // Lets signals and other work of the process through; a step itself blocks.
    await setImmediate();
  }
  request.signal?.throwIfAborted();

  const version = await saveCheckpoint(request.outputDirectory, {
    configuration: base.configuration,
    ...(await training.result()),
    tokenizer: base.tokenizer,
    metadata: {
      base: base.version,
      seed: request.seed,
      settings: {
        epochs: settings.epochs,
        batchTokens: settings.batchTokens,
        learningRate: schedule,
        weightDecay: settings.weightDecay,
        clip: settings.clip,
        ...(settings.lora === undefined ? {} : { lora: settings.lora }),
        ...recordedDevice(settings),
      },
      ...counts,
      steps: updates.length,
      losses,
    },
  });
  return {
    policy: { location: request.outputDirectory, version },
    usage: { trainedTokens, targetTokens, seconds: (performance.now() - started) / 1000 },
    losses,
    ...(cut === undefined ? {} : { remarks: [cut] }),
  };
}

/** The device that a run and a checkpoint record: the one that "auto" takes, and none for the CPU, as before there was a choice. */
function recordedDevice(settings: Settings): { readonly device?: "webgpu" } {
  const device = chooseDevice(settings.device);
  return device === "cpu" ? {} : { device };
}

/** Reads a checkpoint and makes sure that it is still the one that was meant. */
async function loadExpected({ location, version }: PolicyReference): Promise<Checkpoint> {
  const checkpoint = await loadCheckpoint(location);
  if (checkpoint.version !== version) {
    throw new ConfigurationError(
      `${location} is not the checkpoint it was: expected version ${version}, got ${checkpoint.version}`,
      { hint: "Was it overwritten by another run?" },
    );
  }
  return checkpoint;
}

function contextLimit({ maximumPositions }: LlamaConfiguration, { contextLength }: Settings): ContextLimit {
  return contextLength === undefined || contextLength >= maximumPositions
    ? { tokens: maximumPositions, origin: "The model has no more positions." }
    : { tokens: contextLength, origin: "contextLength of embeddedTrainer() sets the limit." };
}

/** The sequences of each optimiser step. Every epoch sees all of them once, in an order of its own. */
function planUpdates(
  sequences: readonly TargetSequence[],
  seed: number,
  settings: Settings,
): TargetSequence[][] {
  return Array.from({ length: settings.epochs }, (_, epoch) => {
    const order = createRandom(deriveSeed(seed, "order", epoch)).shuffle(sequences);
    return groupByTokens(order, settings.batchTokens);
  }).flat();
}
