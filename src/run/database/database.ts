import { DatabaseSync, type StatementSync } from "node:sqlite";
import { z } from "zod";
import { EefError } from "../../errors.ts";
import { schema, schemaVersion } from "./schema.ts";

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
 * Opens `file`, and creates its tables if it is new.
 * @throws EefError if the file was written by another version of the schema.
 */
export function openDatabase(file: string, options: { readonly readOnly?: boolean } = {}): Database {
  const readOnly = options.readOnly ?? false;
  const connection = new DatabaseSync(file, { readOnly, timeout: 10_000 });
  try {
    if (!readOnly) {
      // Write-ahead log: a commit survives kill -9, and readers never wait for the writer.
      connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
    }
    prepareSchema(connection, file, readOnly);
  } catch (error) {
    connection.close();
    throw error;
  }
  return wrap(connection);
}

function prepareSchema(connection: DatabaseSync, file: string, readOnly: boolean): void {
  const row = connection.prepare("PRAGMA user_version").get();
  const version = z.object({ user_version: z.number() }).parse(row).user_version;
  if (version === schemaVersion) return;
  if (version !== 0 || readOnly) {
    throw new EefError(
      `${file} has version ${version} of the run database; this eef reads version ${schemaVersion}.`,
      {
        hint: "Use the version of eef that made it, or start a run under another name.",
      },
    );
  }
  connection.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
}

function wrap(connection: DatabaseSync): Database {
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
      prepare(sql)
        .all(...parameters)
        .map((value) => row.parse(value)),
    first: (row, sql, ...parameters) => {
      const value = prepare(sql).get(...parameters);
      return value === undefined ? undefined : row.parse(value);
    },
    execute: (sql, ...parameters) => {
      prepare(sql).run(...parameters);
    },
    transaction: (write) => {
      connection.exec("BEGIN IMMEDIATE");
      try {
        write();
        connection.exec("COMMIT");
      } catch (error) {
        connection.exec("ROLLBACK");
        throw error;
      }
    },
    [Symbol.dispose]: () => connection.close(),
  };
}
