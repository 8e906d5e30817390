import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  embeddedTrainer,
  type PreparedTraining,
  shippedBase,
  type Trainer,
  type TrainingExample,
  type TrainingRequest,
  type TrainingResult,
} from "../../src/index.ts";

/** Settings of both sides: as many steps as epochs, each over all examples, at a constant learning rate. */
export const sharedSettings = {
  epochs: 3,
  learningRate: 1e-4,
  warmup: 0,
  clip: 1,
  weightDecay: 0.01,
  schedule: "constant",
} as const;

/** What an external trainer needs besides, to do as the embedded trainer does: the whole model in float32, on a CPU. */
export const likeEmbedded = {
  ...sharedSettings,
  model: shippedBase,
  lora: false,
  contextLength: 4096,
  precision: "float32",
  gradientCheckpointing: false,
} as const;

/** What an external trainer writes for its program. */
export async function prepareTraining(
  trainer: Trainer,
  examples: readonly TrainingExample[],
  outputDirectory: string,
): Promise<PreparedTraining> {
  const prepared = await trainer.prepare?.({
    base: await trainer.base(),
    examples,
    seed: 1,
    outputDirectory,
  });
  if (prepared === undefined) throw new Error(`${trainer.name} prepares nothing`);
  return prepared;
}

export interface InterruptedTraining {
  readonly result: TrainingResult;
  /** What was done, as sentences. */
  readonly told: string;
}

/** Trains with a program that is interrupted in its second step, and has to go on from its checkpoint. */
export async function trainInterrupted(
  trainer: Trainer,
  request: TrainingRequest,
): Promise<InterruptedTraining> {
  const controller = new AbortController();
  const interrupted = await trainer
    .train({
      ...request,
      signal: controller.signal,
      // The checkpoint of an epoch is written after its loss is printed.
      onProgress: ({ step }) => (step === 2 ? controller.abort(new Error("interrupted")) : undefined),
    })
    .then(
      () => "not interrupted",
      (error: Error) => error.message,
    );
  const result = await trainer.train(request);
  const work = `${request.outputDirectory}.training`;
  const starts = readFileSync(join(work, "log.txt"), "utf8").match(/^\$ .*$/gm) ?? [];
  // A checkpoint is named on the command line or in the configuration.
  const config = join(work, "config.yaml");
  const last = `${starts.at(-1)} ${existsSync(config) ? readFileSync(config, "utf8") : ""}`;
  const resumed = last.includes("checkpoint-") ? "went on from its checkpoint" : "began anew";
  return {
    result,
    told: `The trainer was interrupted in its second step ("${interrupted}") and started ${starts.length} times; it ${resumed}.`,
  };
}

export interface TrainingComparison {
  readonly lines: readonly string[];
  readonly equal: boolean;
}

/** Trains on the same examples with the embedded trainer and with another one, which is interrupted, and compares the losses. */
export async function compareTraining(
  trainer: Trainer,
  examples: readonly TrainingExample[],
  folder: string,
): Promise<TrainingComparison> {
  const embedded = embeddedTrainer({ ...sharedSettings, base: shippedBase, batchTokens: 10 ** 6 });
  const here = await embedded.train({
    base: await embedded.base(),
    examples,
    seed: 1,
    outputDirectory: join(folder, "embedded"),
  });
  const { result: there, told } = await trainInterrupted(trainer, {
    base: await trainer.base(),
    examples,
    seed: 1,
    outputDirectory: join(folder, trainer.name),
  });
  const losses = here.losses.map((loss, index) => [loss, there.losses[index] ?? Number.NaN] as const);
  return {
    equal: losses.every(([own, other]) => Math.abs(own - other) < 1e-3),
    lines: [
      `The ${examples.length} shortest of the examples, three steps over all of them, the whole model in float32, AdamW with the same settings and a constant learning rate. ${told}`,
      "",
      `| step | loss, embedded trainer | loss, \`${trainer.name}\` |`,
      "| ---: | ---: | ---: |",
      ...losses.map(([own, other], index) => `| ${index + 1} | ${own.toFixed(4)} | ${other.toFixed(4)} |`),
    ],
  };
}
