import { existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { z } from "zod";
import { EefError } from "../../errors.ts";
import { schema, schemaVersion, upgrades } from "./schema.ts";
import { explainSqliteError } from "./sqlite-errors.ts";

/** What a parameter of a statement may be. */
export type SqlValue = null | number | string;

/** A run's database. One process writes at a time (see ../lock.ts); any number may read. */
export interface Database extends Disposable {
  /** All rows of a query, each checked against `row`. */
  all<T>(row: z.ZodType<T>, sql: string, ...parameters: SqlValue[]): T[];
  /** The first row, if there is one. */
  first<T>(row: z.ZodType<T>, sql: string, ...parameters: SqlValue[]): T | undefined;
  execute(sql: string, ...parameters: SqlValue[]): void;
  /** All of `write` or nothing of it, also if the process is killed in between. */
  transaction(write: () => void): void;
}

/**
 * Opens `file`, or a database in memory for ":memory:". For writing it is made if it is not there; it is never there
 * without its tables. One of an earlier version is brought up to date when it is opened for writing.
 *
 * Whatever is done with it throws a FileNotWrittenError if the disk is full or fails, and an InvalidFileError if the file is
 * damaged. What was committed before stays as it was.
 * @throws EefError if the file was written by a later version of the schema.
 */
export function openDatabase(file: string, options: { readonly readOnly?: boolean } = {}): Database {
  const readOnly = options.readOnly ?? false;
  const explaining = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw explainSqliteError(error, file, readOnly ? "read" : "write");
    }
  };
  return explaining(() => wrap(connect(file, readOnly), explaining));
}

function connect(file: string, readOnly: boolean): DatabaseSync {
  if (!readOnly && file !== inMemory && !existsSync(file)) createDatabaseFile(file);
  const connection = new DatabaseSync(file, { readOnly, timeout: 10_000 });
  try {
    if (file === inMemory) createTables(connection);
    checkVersion(connection, file);
    if (!readOnly) {
      upgrade(connection);
      // Write-ahead log: a commit survives kill -9, and readers never wait for the writer.
      connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
    }
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

const inMemory = ":memory:";

/** Under another name first: a process that is killed here leaves nothing that looks like a database. */
function createDatabaseFile(file: string): void {
  const partial = `${file}.partial`;
  for (const leftover of [partial, `${partial}-journal`]) rmSync(leftover, { force: true });
  const connection = new DatabaseSync(partial);
  try {
    createTables(connection);
  } finally {
    connection.close();
  }
  renameSync(partial, file);
}

function createTables(connection: DatabaseSync): void {
  connection.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
}

function checkVersion(connection: DatabaseSync, file: string): void {
  const version = versionOf(connection);
  if (version === schemaVersion || version in upgrades) return;
  throw new EefError(
    `${file} has version ${version} of the run database; this eef reads version ${schemaVersion}.`,
    { hint: "Use the version of eef that made it, or start a run under another name." },
  );
}

function upgrade(connection: DatabaseSync): void {
  for (let version = versionOf(connection); version < schemaVersion; version++) {
    connection.exec(`BEGIN IMMEDIATE; ${upgrades[version]} PRAGMA user_version = ${version + 1}; COMMIT;`);
  }
}

function versionOf(connection: DatabaseSync): number {
  const row = connection.prepare("PRAGMA user_version").get();
  return z.object({ user_version: z.number() }).parse(row).user_version;
}

function wrap(connection: DatabaseSync, explaining: <Result>(work: () => Result) => Result): Database {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: (row, sql, ...parameters) =>
      explaining(() => prepare(sql).all(...parameters)).map((value) => row.parse(value)),
    first: (row, sql, ...parameters) => {
      const value = explaining(() => prepare(sql).get(...parameters));
      return value === undefined ? undefined : row.parse(value);
    },
    execute: (sql, ...parameters) => {
      explaining(() => prepare(sql).run(...parameters));
    },
    transaction: (write) =>
      explaining(() => {
        connection.exec("BEGIN IMMEDIATE");
        try {
          write();
          connection.exec("COMMIT");
        } catch (error) {
          // SQLite has already undone it where the disk was full.
          if (connection.isTransaction) connection.exec("ROLLBACK");
          throw error;
        }
      }),
    [Symbol.dispose]: () => connection.close(),
  };
}
