import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { ConfigurationError, InvalidFileError } from "../errors.ts";
import { trainingExampleSchema } from "../methods/examples.ts";
import type { Selection } from "../methods/selection.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { Trajectory } from "../trajectory.ts";
import { methodSlug } from "./config.ts";
import { readSelections } from "./database/selections.ts";
import { readTrainingTrajectoryIds, readTrajectory } from "./database/trajectories.ts";
import type { RunDirectory } from "./run-directory.ts";

/** The expert trajectories of the training tasks, task by task. */
export function readTrainingTrajectories({ database }: RunDirectory): Trajectory[] {
  return readTrainingTrajectoryIds(database).flatMap((id) => readTrajectory(database, id) ?? []);
}

/**
 * One method's selections as it made them, by iteration; their examples come from `datasets/`.
 * @throws ConfigurationError if the run has none of this method.
 */
export function readMethodSelections(directory: RunDirectory, method: string): Selection[] {
  const all = readSelections(directory.database);
  const selections = all.filter((selection) => selection.method === method);
  if (selections.length === 0) {
    const known = [...new Set(all.map((selection) => selection.method))];
    throw new ConfigurationError(`${directory.path} has no selection of a method "${method}".`, {
      hint: known.length === 0 ? "No method has got that far yet." : `It has ${known.join(", ")}.`,
    });
  }
  return selections.map(({ iteration, trajectories, importantStates }) => ({
    iteration,
    trajectories,
    importantStates,
    examples: readDataset(directory, method, iteration),
  }));
}

/** What a method trained on in an iteration. */
export function readDataset(directory: RunDirectory, method: string, iteration: number): TrainingExample[] {
  const file = directory.file("datasets", `${methodSlug(method)}-${iteration}.jsonl`);
  if (!existsSync(file)) throw new InvalidFileError(file, "file", "is missing");
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line, index) => {
      try {
        return trainingExampleSchema.parse(JSON.parse(line));
      } catch (error) {
        const problem = error instanceof z.ZodError ? z.prettifyError(error) : "is not JSON";
        throw new InvalidFileError(file, `line ${index + 1}`, problem, { cause: error });
      }
    });
}
