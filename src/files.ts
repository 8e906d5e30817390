import { renameSync, writeFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { EefError } from "./errors.ts";

/** A file could not be written. What was there before is as it was. */
export class FileNotWrittenError extends EefError {
  override readonly name = "FileNotWrittenError";
}

/**
 * Writes a file whole or not at all: a reader never sees half of it, and a kill leaves the old one.
 * @throws FileNotWrittenError if the file system refuses.
 */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  const partial = partialOf(file);
  try {
    writeFileSync(partial, content);
    renameSync(partial, file);
  } catch (error) {
    throw notWritten(error, file);
  }
}

/** Like `writeFileAtomically`, piece by piece: for what is too large to hold. If the pieces throw, nothing is left. */
export async function writePiecesAtomically(
  file: string,
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const partial = partialOf(file);
  // Not around the pieces: what they throw may be about another file.
  const explained = (error: unknown): never => {
    throw notWritten(error, file);
  };
  const handle = await open(partial, "w").catch(explained);
  try {
    // `write` may write less than it is given, on a disk that is nearly full.
    for await (const piece of pieces) await handle.appendFile(piece).catch(explained);
    await handle.sync().catch(explained);
    await handle.close();
    await rename(partial, file).catch(explained);
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
}

function partialOf(file: string): string {
  return `${file}.partial`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is a file",
  EISDIR: "it is a folder",
  EACCES: "writing there is not allowed",
  EPERM: "writing there is not allowed",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
};

/** The file system's refusal to write to a path, in words; any other error as it is. */
export function notWritten(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof EefError || !("code" in error)) return error;
  const reason = reasons[String(error.code)] ?? error.message;
  return new FileNotWrittenError(`${path} cannot be written: ${reason}`, {
    cause: error,
    hint: "What was there before is untouched.",
  });
}
