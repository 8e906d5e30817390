import { batchesOf, type CommonSettings, learningRateOf } from "./settings.ts";

/** How the state of the optimiser is divided. A checkpoint of another division cannot be gone on from. */
const divisionOptions = ["gpus", "deepspeed", "fsdp", "accelerateConfig"];

/**
 * Options of all trainers that decide how a training is done, not what is learned. So a run may be continued with others, and
 * none of them is part of the identity of a fine-tuning.
 */
const processOptions = new Set([
  ...divisionOptions,
  "launcher",
  // With `gpus` it only divides the batch, whose size is described as it comes out.
  "microBatchSize",
  "gradientCheckpointing",
  "saveEvery",
  "checkpointsKept",
  "executable",
  "command",
  "resume",
  "environment",
  "stopGraceSeconds",
  "silenceSeconds",
]);

/** Settings that decide what is learned, and what the student answers, for the record of a run. The model is described by its version. */
export function describeSettings(settings: CommonSettings): Readonly<Record<string, unknown>> {
  const { model: _model, serve, ...others } = settings;
  const learning = Object.entries(others).filter(([name]) => !processOptions.has(name));
  return {
    ...Object.fromEntries(learning),
    learningRate: learningRateOf(settings),
    batchSize: batchesOf(settings, 1).examples,
    serve: { name: serve.name, settings: serve.describe?.() },
  };
}

/** What a training must have in common with an earlier session to go on from its checkpoint, besides what is learned. */
export function describeDivision(settings: CommonSettings): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => divisionOptions.includes(name)));
}
