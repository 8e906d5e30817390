import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { z } from "zod";
import { ConfigurationError, InvalidFileError } from "../../errors.ts";
import { openChatTokenizer } from "../../export/chat-tokenizer.ts";
import type {
  PolicyReference,
  PreparedTraining,
  Trainer,
  TrainingRequest,
  TrainingResult,
} from "../trainer.ts";
import { lastCheckpoint, recordedLosses, removeTrainingState } from "./checkpoints.ts";
import { type DatasetCounts, describeCounts, writeDataset } from "./dataset.ts";
import { describeDivision, describeSettings } from "./described-settings.ts";
import { ProgramFailedError } from "./errors.ts";
import { hashModel, readModelRecord, verifyModel, writeModelRecord } from "./model-directory.ts";
import type { Command } from "./process/supervised-process.ts";
import type { TrainerProgram, TrainingPlan } from "./program.ts";
import { runProgram } from "./run-program.ts";
import { batchesOf, type CommonSettings } from "./settings.ts";
import { shellText } from "./shell-text.ts";
import { openWorkFolder, type WorkFolder } from "./work-folder.ts";

/** What a finished session of the program leaves for the case that this process dies before the model is in its place. */
const finishedSchema = z.object({
  losses: z.array(z.number()),
  /** Of the verified model, when it is about to be put into its place. */
  version: z.string().optional(),
});
const finishedName = "finished.json";

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

interface Prepared {
  readonly folder: WorkFolder;
  readonly plan: TrainingPlan;
  readonly counts: DatasetCounts;
  readonly command: Command;
  readonly files: readonly string[];
}

async function prepare(
  program: TrainerProgram,
  settings: CommonSettings,
  description: unknown,
  request: TrainingRequest,
): Promise<Prepared> {
  const outputDirectory = resolve(request.outputDirectory);
  const identity = [program.name, description, describeDivision(settings)];
  const folder = openWorkFolder({ ...request, outputDirectory }, identity);
  const tokenizer =
    program.tokenizer === undefined
      ? undefined
      : await openChatTokenizer(program.tokenizer, program.chatTemplate);
  const counts = await writeDataset(folder, request.examples, {
    format: program.format,
    name: program.datasetName,
    ...(tokenizer === undefined ? {} : { tokenizer }),
  });
  const output = folder.file("output");
  mkdirSync(output, { recursive: true });
  const checkpoint = lastCheckpoint(output);
  const plan: TrainingPlan = {
    model: request.base.location,
    dataset: folder.file(program.datasetName),
    rows: counts.rows,
    folder: folder.path,
    output,
    seed: request.seed % 2 ** 31,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
  const files = program.files(plan).map(({ name, content }) => {
    const file = folder.file(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  });
  const command = withExecutable(program.command(plan), settings.executable);
  return { folder, plan, counts, command, files: [plan.dataset, ...files] };
}

function withExecutable(command: Command, executable: readonly string[] | undefined): Command {
  const [program, ...leading] = executable ?? [];
  if (program === undefined) return command;
  return { ...command, program, arguments: [...leading, ...command.arguments] };
}

function describePrepared({ folder, counts, command, files }: Prepared): PreparedTraining {
  return {
    folder: folder.path,
    files,
    command: shellText(command),
    summary: describeCounts(counts),
  };
}

/** Runs the program, unless an earlier session did to the end. @returns the losses from the first step on. */
async function finish(
  program: TrainerProgram,
  settings: CommonSettings,
  { folder, plan, counts, command }: Prepared,
  request: TrainingRequest,
): Promise<readonly number[]> {
  const earlier = folder.read(finishedName, finishedSchema);
  if (earlier !== undefined && program.findModel(plan.output) !== undefined) return earlier.losses;
  const losses = await runProgram({
    trainer: program.name,
    command,
    environment: settings.environment,
    folder: folder.path,
    logFile: folder.file("log.txt"),
    graceSeconds: settings.stopGraceSeconds,
    readProgress: program.readProgress,
    expectedSteps: batchesOf(settings, counts.rows).steps,
    tokens: counts.tokens * settings.epochs,
    signal: request.signal,
    onProgress: request.onProgress,
  });
  const model = program.findModel(plan.output);
  const last = lastCheckpoint(plan.output);
  const recorded = recordedLosses([model, plan.output, last].filter((path) => path !== undefined)) ?? losses;
  folder.write(finishedName, { losses: recorded });
  return recorded;
}

interface Published {
  readonly losses: readonly number[];
  readonly version: string;
}

/** The model of an earlier session of the same training, if that put it into its place and died before anybody took note of it. */
async function publishedEarlier(
  { folder }: Prepared,
  { base, outputDirectory }: TrainingRequest,
): Promise<Published | undefined> {
  const { losses, version } = folder.read(finishedName, finishedSchema) ?? {};
  if (losses === undefined || version === undefined || !existsSync(outputDirectory)) return undefined;
  if ((await hashModel(outputDirectory, base.version)) !== version) return undefined;
  folder.remove("output");
  return { losses, version };
}

/** Verifies the new model and puts it into its place. */
async function publish(
  program: TrainerProgram,
  { folder, plan }: Prepared,
  { base, outputDirectory }: TrainingRequest,
  losses: readonly number[],
): Promise<Published> {
  const fail = (problem: string): ProgramFailedError => {
    folder.remove(finishedName);
    return new ProgramFailedError({
      program: program.name,
      problem,
      logFile: folder.file("log.txt"),
      lastLines: [],
    });
  };
  const last = losses.at(-1);
  if (last !== undefined && !Number.isFinite(last)) throw fail(`its last loss is ${last}`);
  const model = program.findModel(plan.output);
  if (model === undefined) throw fail(`it ended well, but left no ${program.kind} in ${plan.output}`);
  try {
    await verifyModel(model, program.kind);
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    throw fail(`it ended well, but its ${program.kind} is not usable: ${error.message}`);
  }
  removeTrainingState(model);
  const version = await hashModel(model, base.version);
  writeModelRecord(model, { version, kind: program.kind, base: plan.model, trainer: program.name });
  folder.write(finishedName, { losses, version });
  rmSync(outputDirectory, { recursive: true, force: true });
  renameSync(model, outputDirectory);
  folder.remove("output");
  return { losses, version };
}

function changedModel({ location, version }: PolicyReference, found: string): ConfigurationError {
  return new ConfigurationError(
    `${location} is not the model it was: expected version ${version}, got ${found}.`,
    { hint: "Was it overwritten by another run?" },
  );
}
