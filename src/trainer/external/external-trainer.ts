import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { ConfigurationError } from "../../errors.ts";
import type { PolicyReference, Trainer, TrainingResult } from "../trainer.ts";
import { remarksOn } from "./dataset-counts.ts";
import { describeSettings } from "./described-settings.ts";
import { finish } from "./finish.ts";
import { hashModel, readModelRecord } from "./model-directory.ts";
import { describePrepared, prepare } from "./prepare.ts";
import type { TrainerProgram } from "./program.ts";
import { publish, publishedEarlier } from "./publish.ts";
import type { CommonSettings } from "./settings.ts";

/**
 * A trainer that is a program of its own, behind the same contract as the embedded one.
 *
 * Beside the new model stands a folder `<model>.training` with the dataset, the configuration, the log and, while it
 * runs, the checkpoints. An interrupted training goes on from its last checkpoint; one that was finished but not
 * recorded is not run again.
 */
export function externalTrainer(program: TrainerProgram, settings: CommonSettings): Trainer {
  if (program.kind === "model" && settings.serve.adaptersOnly === true) {
    throw new ConfigurationError(
      `${program.name}: ${settings.serve.name} serves adapters, but \`lora\` is false.`,
      {
        hint: "Leave `lora` on, or serve whole models with restartedServer({ ... }).",
      },
    );
  }
  let base: Promise<PolicyReference> | undefined;
  const description = describeSettings(settings);
  const trainer: Trainer = {
    name: program.name,
    describe: () => description,
    base: () => {
      base ??= baseReference(settings);
      return base;
    },
    prepare: async (request) => {
      const prepared = await prepare(program, settings, description, request);
      return describePrepared(prepared);
    },
    train: async (request) => {
      const started = performance.now();
      checkStart(program, request.base, await trainer.base());
      const prepared = await prepare(program, settings, description, request);
      const remarks = remarksOn(prepared.counts).map((remark) => `${program.name}: ${remark}.`);
      for (const remark of remarks) request.onNote?.(remark);
      const { losses, version } =
        (await publishedEarlier(prepared, request)) ??
        (await publish(program, prepared, request, await finish(program, settings, prepared, request)));
      const { tokens, targetTokens } = prepared.counts;
      return {
        policy: { location: request.outputDirectory, version },
        usage: {
          trainedTokens: tokens * settings.epochs,
          targetTokens: targetTokens * settings.epochs,
          seconds: (performance.now() - started) / 1000,
        },
        losses,
        remarks,
      } satisfies TrainingResult;
    },
    open: async (reference, given) => {
      const start = await trainer.base();
      if (reference.version === start.version) {
        return await settings.serve.open({ ...start, kind: "model", base: start.location }, given);
      }
      const { version, kind, base: trainedFrom } = readModelRecord(reference.location);
      if (version !== reference.version) throw changedModel(reference, version);
      return await settings.serve.open({ ...reference, kind, base: trainedFrom }, given);
    },
  };
  return trainer;
}

/** A model's name on the hub is taken at its word; a directory is read from beginning to end. */
async function baseReference({ model, revision }: CommonSettings): Promise<PolicyReference> {
  if (!existsSync(model)) return { location: model, version: `${model}@${revision}` };
  return { location: resolve(model), version: await hashModel(model) };
}

/** An adapter on top of an adapter would need both to be served. */
function checkStart(program: TrainerProgram, start: PolicyReference, base: PolicyReference): void {
  if (program.kind === "model" || start.version === base.version) return;
  throw new ConfigurationError(`${program.name} cannot go on from the adapter ${start.location}.`, {
    hint: 'Fine-tune from the base in every iteration (trainFrom: "base", as the paper does), or train the whole model (lora: false).',
  });
}

function changedModel({ location, version }: PolicyReference, found: string): ConfigurationError {
  return new ConfigurationError(
    `${location} is not the model it was: expected version ${version}, got ${found}.`,
    { hint: "Was it overwritten by another run?" },
  );
}
