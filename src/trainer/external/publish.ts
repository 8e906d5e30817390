import { existsSync, renameSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { InvalidFileError } from "../../errors.ts";
import type { TrainingRequest } from "../trainer.ts";
import { removeTrainingState } from "./checkpoints.ts";
import { endedWell, type Finished, finishedName, finishedSchema } from "./finish.ts";
import { hashModel, verifyModel, writeModelRecord } from "./model-directory.ts";
import type { Prepared } from "./prepare.ts";
import type { TrainerProgram } from "./program.ts";

/** A model in its place. */
export interface Published {
  readonly losses: readonly number[];
  readonly version: string;
}

/** The model of an earlier session of the same training, if that put it into its place and died before anybody took note of it. */
export async function publishedEarlier(
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
export async function publish(
  program: TrainerProgram,
  prepared: Prepared,
  { base, outputDirectory }: TrainingRequest,
  { model, losses }: Finished,
): Promise<Published> {
  const { folder, plan } = prepared;
  try {
    await verifyModel(model, program.kind);
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    folder.remove(finishedName);
    const problem = `its ${program.kind} is not usable: ${error.message}`;
    throw endedWell(program, prepared, problem, notUsableHint);
  }
  removeTrainingState(model);
  const version = await hashModel(model, base.version);
  writeModelRecord(model, { version, kind: program.kind, base: plan.model, trainer: program.name });
  folder.write(finishedName, { losses, model: relative(plan.output, model), version });
  rmSync(outputDirectory, { recursive: true, force: true });
  renameSync(model, outputDirectory);
  folder.remove("output");
  return { losses, version };
}

const notUsableHint =
  "Was the disk full, or does the program still write when it ends? The same command starts it again, from the last checkpoint if there is one.";
