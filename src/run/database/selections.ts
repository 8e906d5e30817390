import { z } from "zod";
import { trainingExampleSchema } from "../../methods/examples.ts";
import { type LabelledTrajectory, labelledTrajectorySchema } from "../../methods/labels.ts";
import { type ImportantState, importantStateSchema, type Selection } from "../../methods/selection.ts";
import type { Database } from "./database.ts";

/** An example as the database knows it: all but its messages, which are in `datasets/`. */
export type StoredExample = Omit<z.infer<typeof trainingExampleSchema>, "messages">;

/** One iteration's selection, as it is stored. */
export interface StoredSelection {
  readonly method: string;
  readonly iteration: number;
  readonly trajectories: readonly LabelledTrajectory[];
  readonly importantStates: readonly ImportantState[];
  readonly examples: readonly StoredExample[];
}

export function hasSelection(database: Database, method: string, iteration: number): boolean {
  const sql = "SELECT 1 FROM selections WHERE method = ? AND iteration = ?";
  return database.first(z.unknown(), sql, method, iteration) !== undefined;
}

export function saveSelection(
  database: Database,
  method: string,
  iteration: number,
  selection: Selection,
): void {
  database.transaction(() => {
    database.execute(
      "INSERT INTO selections (method, iteration, important_states) VALUES (?, ?, ?)",
      method,
      iteration,
      JSON.stringify(selection.importantStates),
    );
    for (const [position, labelled] of selection.trajectories.entries()) {
      database.execute(
        "INSERT INTO labels (method, iteration, position, trajectory_id, data) VALUES (?, ?, ?, ?, ?)",
        method,
        iteration,
        position,
        labelled.trajectoryId,
        JSON.stringify(labelled),
      );
    }
    for (const [position, example] of selection.examples.entries()) {
      database.execute(
        `INSERT INTO examples (method, iteration, position, id, task_id, trajectory_id, weights, origin)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        method,
        iteration,
        position,
        example.id,
        example.taskId,
        example.origin.trajectoryId,
        JSON.stringify(example.weights),
        JSON.stringify(example.origin),
      );
    }
  });
}

/** All selections of the run, in the order in which they were made. */
export function readSelections(database: Database): StoredSelection[] {
  const heads = database.all(
    z.object({ method: z.string(), iteration: z.number(), important_states: z.string() }),
    "SELECT method, iteration, important_states FROM selections ORDER BY rowid",
  );
  return heads.map(({ method, iteration, important_states }) => ({
    method,
    iteration,
    importantStates: z.array(importantStateSchema).parse(JSON.parse(important_states)),
    trajectories: readLabels(database, method, iteration),
    examples: readExamples(database, method, iteration),
  }));
}

function readLabels(database: Database, method: string, iteration: number): LabelledTrajectory[] {
  const sql = "SELECT data FROM labels WHERE method = ? AND iteration = ? ORDER BY position";
  return database
    .all(z.object({ data: z.string() }), sql, method, iteration)
    .map(({ data }) => labelledTrajectorySchema.parse(JSON.parse(data)));
}

const exampleRow = z.object({
  id: z.string(),
  task_id: z.string(),
  weights: z.string(),
  origin: z.string(),
});

function readExamples(database: Database, method: string, iteration: number): StoredExample[] {
  const sql = `SELECT id, task_id, weights, origin FROM examples
    WHERE method = ? AND iteration = ? ORDER BY position`;
  return database.all(exampleRow, sql, method, iteration).map((row) => ({
    id: row.id,
    taskId: row.task_id,
    weights: trainingExampleSchema.shape.weights.parse(JSON.parse(row.weights)),
    origin: trainingExampleSchema.shape.origin.parse(JSON.parse(row.origin)),
  }));
}
