import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { RunLockedError } from "./errors.ts";

/**
 * Takes a run directory for this process until disposed of.
 *
 * The lock is an exclusive transaction on a file of its own, so the operating system holds it: it ends with the
 * process however that ends, and the lock of a dead process cannot stand in the way.
 *
 * @throws RunLockedError if another process has it.
 */
export function lockRunDirectory(directory: string): Disposable {
  const holderFile = join(directory, "lock.holder");
  const connection = new DatabaseSync(join(directory, "lock.sqlite"), { timeout: 0 });
  try {
    connection.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;");
  } catch (error) {
    connection.close();
    if (!isBusy(error)) throw error;
    throw new RunLockedError(directory, readHolder(holderFile));
  }
  writeFileSync(holderFile, `process ${process.pid}`);
  return {
    [Symbol.dispose]: () => {
      connection.exec("ROLLBACK");
      connection.close();
    },
  };
}

/** SQLite's result codes 5 (busy) and 6 (locked), extended codes among them. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  const primary = error.errcode & 0xff;
  return primary === 5 || primary === 6;
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(0, 80);
  } catch {
    return "another process";
  }
}
