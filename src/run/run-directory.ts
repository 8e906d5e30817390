import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { ConfigurationError } from "../errors.ts";
import { notWritten, writeFileAtomically } from "../files.ts";
import type { PolicyReference } from "../trainer/trainer.ts";
import type { RunConfig } from "./config.ts";
import { type Database, openDatabase } from "./database/database.ts";
import { hasStudents } from "./database/training.ts";
import { describeConfig, differences, type Json, partOf, without } from "./describe.ts";
import { lockRunDirectory } from "./lock.ts";
import { type Progress, silentProgress } from "./progress.ts";

/** `<output>/<name>`: everything that one run makes. */
export interface RunDirectory extends Disposable {
  /** Absolute. */
  readonly path: string;
  readonly database: Database;
  /** Absolute path of a file inside. */
  file(...names: readonly string[]): string;
  /** A path as it is stored: relative if inside the directory, so that a run can be moved. */
  toStored(location: string): string;
  fromStored(location: string): string;
}

/** Where the run of a configuration lives. */
export function runPath(config: Pick<RunConfig, "output" | "name">): string {
  return resolve(config.output, config.name);
}

/**
 * Opens a run for writing, and makes it if it is new. Other settings of the trainer than it was started with are taken, and noted, as
 * long as nothing in it comes from a student.
 *
 * @throws RunLockedError if another process works in it.
 * @throws ConfigurationError if it was started with another configuration.
 */
export function openRunDirectory(
  config: RunConfig,
  base: PolicyReference,
  progress: Progress = silentProgress,
): RunDirectory {
  const path = runPath(config);
  try {
    for (const name of ["checkpoints", "datasets"]) mkdirSync(join(path, name), { recursive: true });
  } catch (error) {
    throw notWritten(error, path);
  }
  const lock = lockRunDirectory(path);
  try {
    const database = openDatabase(join(path, "run.sqlite"));
    try {
      takeConfig(path, describeConfig(config, base), database, progress);
    } catch (error) {
      database[Symbol.dispose]();
      throw error;
    }
    linkLatest(path);
    return wrap(path, database, lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens a run for reading only, also while it is being written.
 * @throws ConfigurationError if there is none at `path`.
 */
export function readRunDirectory(path: string): RunDirectory {
  const file = join(path, "run.sqlite");
  if (!existsSync(file)) {
    throw new ConfigurationError(`${path} is not a run directory: it holds no run.sqlite.`, {
      hint: "Name a folder that `eef run` made, such as runs/latest.",
    });
  }
  return wrap(resolve(path), openDatabase(file, { readOnly: true }));
}

function wrap(path: string, database: Database, lock?: Disposable): RunDirectory {
  return {
    path,
    database,
    file: (...names) => join(path, ...names),
    toStored: (location) => {
      const inside = relative(path, resolve(location));
      return inside.startsWith("..") || isAbsolute(inside) ? location : inside;
    },
    fromStored: (location) =>
      isAbsolute(location) || !existsSync(join(path, location)) ? location : join(path, location),
    [Symbol.dispose]: () => {
      database[Symbol.dispose]();
      lock?.[Symbol.dispose]();
    },
  };
}

function takeConfig(path: string, current: Json, database: Database, progress: Progress): void {
  const file = join(path, "config.json");
  const write = () => writeFileAtomically(file, `${JSON.stringify(current, null, 2)}\n`);
  if (!existsSync(file)) {
    write();
    return;
  }
  const stored = readStoredConfig(path);
  const changes = differences(stored, current);
  if (changes.length === 0) return;
  const isTrainersOnly = differences(without(stored, "trainer"), without(current, "trainer")).length === 0;
  const base = partOf(partOf(stored, "trainer"), "base");
  if (isTrainersOnly && !hasStudents(database, String(base))) {
    write();
    progress.note(`Nothing has been trained yet, so the trainer may change: ${changes.join("; ")}`);
    return;
  }
  const shown = changes.slice(0, 8).map((change) => `\n  ${change}`);
  const more = changes.length > shown.length ? `\n  and ${changes.length - shown.length} more` : "";
  throw new ConfigurationError(`${path} was started with another configuration:${shown.join("")}${more}`, {
    hint: `Undo the change, or make a new run with it: --name NEW --reuse ${path} takes over what its experts have played.`,
  });
}

/** The description of a run's configuration. */
export function readStoredConfig(path: string): Json {
  return JSON.parse(readFileSync(join(path, "config.json"), "utf8"));
}

/** `runs/latest` points at the run that was started last, where the system allows links. */
function linkLatest(path: string): void {
  const link = join(path, "..", "latest");
  try {
    rmSync(link, { force: true });
    symlinkSync(basename(path), link, "dir");
  } catch {
    // A convenience only: some systems forbid links, and a real folder of that name is left alone.
  }
}
