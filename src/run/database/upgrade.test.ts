import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Trajectory } from "../../trajectory.ts";
import { openDatabase } from "./database.ts";
import { schemaVersion } from "./schema.ts";
import { readTrajectory, saveTasks, saveTrajectory } from "./trajectories.ts";

const trajectory: Trajectory = {
  id: "old",
  taskId: "task",
  policy: "someone",
  kind: "expert",
  seed: 1,
  initialObservation: "Begin.",
  steps: [{ message: "Action: go", action: "go", observation: "Gone.", reward: 1, done: true, valid: true }],
  reward: 1,
  stopReason: "done",
  usage: { environmentSteps: 1, promptTokens: 2, generatedTokens: 3, seconds: 0.5 },
};
const toolCall = { id: "call00001", name: "act", arguments: "{}", content: "" };
const called: Trajectory = {
  ...trajectory,
  id: "new",
  steps: trajectory.steps.map((step) => ({ ...step, toolCall })),
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-upgrade-"));
  file = join(folder, "run.sqlite");
  const database = openDatabase(file);
  saveTasks(database, "train", [{ id: "task", split: "train" }]);
  saveTrajectory(database, trajectory, () => "", 0);
  database[Symbol.dispose]();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Makes the database one of the first version, which knew no tool calls. */
function downgrade(version: number): void {
  const connection = new DatabaseSync(file);
  connection.exec("ALTER TABLE trajectories DROP COLUMN tools; ALTER TABLE steps DROP COLUMN tool_call;");
  connection.exec(`PRAGMA user_version = ${version}`);
  connection.close();
}

test("a run of the first version is read as it is", () => {
  downgrade(1);
  using database = openDatabase(file, { readOnly: true });
  expect(readTrajectory(database, "old")).toEqual(trajectory);
});

test("a run of the first version can be continued, and then knows tool calls", () => {
  downgrade(1);
  {
    using database = openDatabase(file);
    saveTrajectory(database, called, () => "", 0);
  }
  using database = openDatabase(file, { readOnly: true });
  expect(readTrajectory(database, "old")).toEqual(trajectory);
  expect(readTrajectory(database, "new")).toEqual(called);
});

test("a run of a later version is refused", () => {
  downgrade(schemaVersion + 1);
  expect(() => openDatabase(file)).toThrow(`version ${schemaVersion + 1}`);
});
