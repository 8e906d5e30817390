import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { openChatTokenizer } from "../../export/chat-tokenizer.ts";
import type { PreparedTraining, TrainingRequest } from "../trainer.ts";
import { lastCheckpoint } from "./checkpoints.ts";
import { writeDataset } from "./dataset.ts";
import { type DatasetCounts, describeCounts } from "./dataset-counts.ts";
import { describeDivision } from "./described-settings.ts";
import type { Command } from "./process/supervised-process.ts";
import type { TrainerProgram, TrainingPlan } from "./program.ts";
import type { CommonSettings } from "./settings.ts";
import { shellText } from "./shell-text.ts";
import { openWorkFolder, type WorkFolder } from "./work-folder.ts";

/** A training that is ready to be started. */
export interface Prepared {
  readonly folder: WorkFolder;
  readonly plan: TrainingPlan;
  readonly counts: DatasetCounts;
  readonly command: Command;
  readonly files: readonly string[];
}

/** Writes everything that the program reads. */
export async function prepare(
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

export function describePrepared({ folder, counts, command, files }: Prepared): PreparedTraining {
  return {
    folder: folder.path,
    files,
    command: shellText(command),
    summary: describeCounts(counts),
  };
}
