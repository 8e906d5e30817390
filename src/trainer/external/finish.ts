import { join, relative } from "node:path";
import { z } from "zod";
import type { TrainingRequest } from "../trainer.ts";
import { checkpointsIn } from "./checkpoints.ts";
import { brokenLossHint, ProgramFailedError } from "./errors.ts";
import { clearLeftovers } from "./leftovers.ts";
import { holdsModel } from "./model-directory.ts";
import type { Prepared } from "./prepare.ts";
import { lastLinesOf } from "./process/log-file.ts";
import type { TrainerProgram } from "./program.ts";
import { runProgram } from "./run-program.ts";
import { batchesOf, type CommonSettings } from "./settings.ts";
import { readTrainerState } from "./trainer-state.ts";

/** What a finished session of the program leaves for the case that this process dies before the model is in its place. */
export const finishedSchema = z.object({
  losses: z.array(z.number()),
  /** Where the model is, below the output. */
  model: z.string(),
  /** Of the verified model, when it is about to be put into its place. */
  version: z.string().optional(),
});
export const finishedName = "finished.json";

/** What a program left that ended well. */
export interface Finished {
  /** A directory that is not verified yet. */
  readonly model: string;
  /** Of each logged step from the first on. All finite; none if the program told none. */
  readonly losses: readonly number[];
}

/**
 * Runs the program, unless an earlier session did to the end.
 *
 * @throws ProgramFailedError if it fails, leaves no model of its own making, or tells losses that are no numbers.
 */
export async function finish(
  program: TrainerProgram,
  settings: CommonSettings,
  prepared: Prepared,
  request: TrainingRequest,
): Promise<Finished> {
  const { folder, plan, counts, command } = prepared;
  const earlier = folder.read(finishedName, finishedSchema);
  if (earlier !== undefined) {
    const model = join(plan.output, earlier.model);
    if (holdsModel(model, program.kind)) return { model, losses: earlier.losses };
    folder.remove(finishedName);
  }
  const leftovers = clearLeftovers(plan.output, plan.checkpoint);
  const told = await runProgram({
    trainer: program.name,
    command,
    environment: settings.environment,
    folder: folder.path,
    logFile: folder.file("log.txt"),
    graceSeconds: settings.stopGraceSeconds,
    silenceSeconds: settings.silenceSeconds,
    readProgress: program.readProgress,
    expectedSteps: batchesOf(settings, counts.rows).steps,
    tokens: counts.tokens * settings.epochs,
    signal: request.signal,
    onProgress: request.onProgress,
    onNote: request.onNote,
  });
  const directories = program.modelDirectories(plan.output);
  const found = directories.filter((directory) => holdsModel(directory, program.kind));
  const model = found.find(leftovers.isResult);
  if (model === undefined) throw noModel(program, prepared, found[0]);
  const recorded = [model, plan.output, ...checkpointsIn(plan.output).toReversed()]
    .filter(leftovers.isResult)
    .map((directory) => readTrainerState(directory)?.losses ?? [])
    .find((losses) => losses.length > 0);
  const losses = recorded ?? told.losses;
  const broken = losses.find((loss) => !Number.isFinite(loss));
  if (broken !== undefined) {
    throw endedWell(program, prepared, `one of its losses is ${broken}`, brokenLossHint);
  }
  if (losses.length === 0 && !told.isTold) {
    if (program.tellsLosses) throw endedWell(program, prepared, "it told no loss", noLossHint);
    request.onNote?.(
      `${program.name}: it told no loss, so nobody knows whether its training has broken down. Losses are read from lines such as {'loss': 0.5}, and from trainer_state.json.`,
    );
  }
  folder.write(finishedName, { losses, model: relative(plan.output, model) });
  return { model, losses };
}

const noLossHint =
  "Its log shows whether it has trained at all. If `settings` change what it logs (logging_strategy, logging_steps), leave that out.";

function noModel(program: TrainerProgram, prepared: Prepared, old: string | undefined): ProgramFailedError {
  const problem =
    old === undefined
      ? `it left no ${program.kind} in ${prepared.plan.output}`
      : `it wrote no ${program.kind}: the one in ${old} is of an earlier session, which was not at its end`;
  return endedWell(program, prepared, problem, noModelHint);
}

const noModelHint =
  "The log tells what it has done instead. With `lora` (the default) it must leave an adapter (adapter_config.json and its weights), without it a whole model (config.json and its weights).";

/** The failure of a program that ended without an error. */
export function endedWell(
  { name }: TrainerProgram,
  { folder }: Prepared,
  problem: string,
  hint: string,
): ProgramFailedError {
  const logFile = folder.file("log.txt");
  return new ProgramFailedError({
    program: name,
    problem: `it ended well, but ${problem}`,
    logFile,
    lastLines: lastLinesOf(logFile),
    hint,
  });
}
