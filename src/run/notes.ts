import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { writeFileAtomically } from "../files.ts";
import type { SelectionSummary } from "../report/results.ts";
import type { Database } from "./database/database.ts";
import type { RunDirectory } from "./run-directory.ts";

const fileName = "notes.json";
const remarksName = "training-remarks.json";

/** Keeps what was noticed about a run's configuration, for whoever reads its results. */
export function saveNotes(directory: RunDirectory, notes: readonly string[]): void {
  if (notes.length === 0 && !existsSync(directory.file(fileName))) return;
  writeFileAtomically(directory.file(fileName), `${JSON.stringify(notes, null, 2)}\n`);
}

/** Those on the configuration, and what trainers remarked. */
export function readNotes(directory: RunDirectory): string[] {
  return [...readLines(directory, fileName), ...readLines(directory, remarksName)];
}

function readLines(directory: RunDirectory, name: string): string[] {
  const file = directory.file(name);
  return existsSync(file) ? z.array(z.string()).parse(JSON.parse(readFileSync(file, "utf8"))) : [];
}

/** Keeps what trainers remarked on fine-tunings, in lines. A fine-tuning that is done again after an interruption says the same again. */
export function addTrainingRemarks(directory: RunDirectory, lines: readonly string[]): void {
  const before = readLines(directory, remarksName);
  const fresh = lines.filter((line) => !before.includes(line));
  if (fresh.length === 0) return;
  writeFileAtomically(directory.file(remarksName), `${JSON.stringify([...before, ...fresh], null, 2)}\n`);
}

/** Said where no expert won a training task; nothing while no expert has acted. */
export function noExpertWins(database: Database): string[] {
  const row = database.first(
    z.object({ episodes: z.number(), wins: z.number() }),
    `SELECT COUNT(*) AS episodes, COALESCE(SUM(t.reward >= 1), 0) AS wins FROM experts e
       JOIN trajectories t ON t.id = e.trajectory_id WHERE e.purpose = 'training'`,
  );
  if (row === undefined || row.wins > 0) return [];
  if (row.episodes === 0)
    return ["There is no expert trajectory of a training task: SFT is the untrained base."];
  return [
    `No expert won any of its ${row.episodes} training episodes: SFT is the untrained base, and other methods learn from the student's own wins only.`,
  ];
}

/** Names the methods whose students never had anything to train on. */
export function untrainedMethods(selections: readonly SelectionSummary[]): string[] {
  const byMethod = [...Map.groupBy(selections, (selection) => selection.method)];
  const untrained = byMethod.flatMap(([method, of]) =>
    of.every((selection) => selection.examples === 0) ? method : [],
  );
  return untrained.length === 0
    ? []
    : [`Nothing was selected to train on by ${untrained.join(", ")}: these students are the untrained base.`];
}
