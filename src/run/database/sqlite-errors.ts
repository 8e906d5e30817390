import { EefError, InvalidFileError } from "../../errors.ts";
import { FileNotWrittenError } from "../../files.ts";

/** SQLite's primary result codes: https://sqlite.org/rescode.html */
const resultCodes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const makeRoom = "Make room on its disk";
const allowWriting = "Make its directory one that you may write to";
const closeOther = "Close what else has it open";

/** Why SQLite could not use a file, and what its user can do about it. */
const obstacles: Readonly<Record<number, { readonly reason: string; readonly remedy: string }>> = {
  [resultCodes.busy]: { reason: "another program holds it", remedy: closeOther },
  [resultCodes.locked]: { reason: "another program holds it", remedy: closeOther },
  [resultCodes.readOnly]: { reason: "writing there is not allowed", remedy: allowWriting },
  [resultCodes.inputOutput]: { reason: "the disk fails, or has no room left", remedy: makeRoom },
  [resultCodes.full]: { reason: "the disk is full", remedy: makeRoom },
  [resultCodes.cannotOpen]: { reason: "it cannot be opened", remedy: allowWriting },
};

/** True if another connection has the file. */
export function isBusy(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === resultCodes.busy || code === resultCodes.locked;
}

/**
 * What SQLite could not do with a file, in words; any other error as it is.
 * @param access What the file was opened for. Even to be read it may need files beside it.
 */
export function explainSqliteError(error: unknown, file: string, access: "read" | "write"): unknown {
  const code = resultCodeOf(error);
  if (code === undefined) return error;
  if (code === resultCodes.corrupt || code === resultCodes.notADatabase) {
    return new InvalidFileError(file, "content", "not a database, or a damaged one", {
      cause: error,
      hint: "Bring it back from a copy, or start the run under another name.",
    });
  }
  const obstacle = obstacles[code];
  if (obstacle === undefined) return error;
  const { reason, remedy } = obstacle;
  if (access === "read") {
    return new EefError(`${file} cannot be read: ${reason}`, { cause: error, hint: `${remedy}.` });
  }
  return new FileNotWrittenError(`${file} cannot be written: ${reason}`, {
    cause: error,
    hint: `${remedy} and give the same command again: it goes on from what is stored.`,
  });
}

/** The primary code is the last byte of the one that is told. */
function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}
