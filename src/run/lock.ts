import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { notWritten } from "../files.ts";
import { explainSqliteError, isBusy } from "./database/sqlite-errors.ts";
import { RunLockedError } from "./errors.ts";

/**
 * Takes a run directory for this process until disposed of.
 *
 * The lock is an exclusive transaction on a file of its own, so the operating system holds it: it ends with the
 * process however that ends, and the lock of a dead process cannot stand in the way.
 *
 * @throws RunLockedError if another process has it, and FileNotWrittenError if the directory cannot be written to.
 */
export function lockRunDirectory(directory: string): Disposable {
  const holderFile = join(directory, "lock.holder");
  const connection = lockFile(join(directory, "lock.sqlite"), () => {
    throw new RunLockedError(directory, readHolder(holderFile));
  });
  try {
    writeFileSync(holderFile, `process ${process.pid}`);
  } catch (error) {
    connection.close();
    throw notWritten(error, holderFile);
  }
  return {
    [Symbol.dispose]: () => {
      connection.exec("ROLLBACK");
      connection.close();
    },
  };
}

function lockFile(file: string, onBusy: () => never): DatabaseSync {
  try {
    const connection = new DatabaseSync(file, { timeout: 0 });
    try {
      connection.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;");
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    if (isBusy(error)) onBusy();
    throw explainSqliteError(error, file, "write");
  }
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(0, 80);
  } catch {
    return "another process";
  }
}
