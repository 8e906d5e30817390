import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { FileNotWrittenError } from "../../files.ts";
import { type Database, openDatabase } from "./database.ts";
import { saveTasks } from "./trajectories.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-full-"));
  file = join(folder, "run.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true }));

const task = (id: string) => ({ id, split: "train" as const });
const large = Array.from({ length: 2000 }, (_, index) => task(`task-${index}-${"x".repeat(200)}`));
const countTasks = (database: Database) =>
  database.first(z.object({ count: z.number() }), "SELECT COUNT(*) AS count FROM tasks")?.count;

describe("a run's database on a full disk", () => {
  it("names its file and what to do, keeps what was stored, and goes on when there is room", () => {
    using database = openDatabase(file);
    saveTasks(database, "train", [task("first")]);
    // SQLite gives the same error at this limit as on a full disk.
    database.execute("PRAGMA max_page_count = 40");
    const failures: unknown[] = [];
    const attempts = [
      () => saveTasks(database, "train", large),
      () =>
        database.execute("INSERT INTO tasks VALUES (?, ?, ?, ?)", "one", "train", 1, "x".repeat(1_000_000)),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch (error) {
        failures.push(error);
      }
    }
    expect(failures).toEqual([expect.any(FileNotWrittenError), expect.any(FileNotWrittenError)]);
    for (const failure of failures) {
      expect(failure).toMatchObject({
        message: `${file} cannot be written: the disk is full`,
        hint: expect.stringMatching(/^Make room .* goes on/),
      });
    }
    expect(countTasks(database)).toBe(1);
    database.execute("PRAGMA max_page_count = 1000000");
    saveTasks(database, "train", large);
    expect(countTasks(database)).toBe(1 + large.length);
  });
});

describe("what is no database", () => {
  it.each([true, false])("is refused by name (read only: %s)", (readOnly) => {
    writeFileSync(file, "This is a text. ".repeat(100));
    expect(() => openDatabase(file, { readOnly })).toThrow(InvalidFileError);
    expect(() => openDatabase(file, { readOnly })).toThrow(`${file}: content: not a database`);
  });
});
