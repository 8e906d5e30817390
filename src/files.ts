import { lstatSync, readlinkSync, renameSync, statSync, writeFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { EefError } from "./errors.ts";

/** A file could not be written. What was there before is as it was. */
export class FileNotWrittenError extends EefError {
  override readonly name = "FileNotWrittenError";
}

/**
 * Writes a file whole or not at all: a reader never sees half of it, and a kill leaves the old one. A link stays one, and the
 * file that it leads to is written; a pipe or a device is written to, and the file `-` is standard output.
 * @throws FileNotWrittenError if the file system refuses.
 */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  try {
    if (isStream(file)) {
      writeFileSync(isStandardOutput(file) ? 1 : file, content);
      return;
    }
    const target = targetOf(file);
    writeFileSync(partialOf(target), content);
    renameSync(partialOf(target), target);
  } catch (error) {
    throw notWritten(error, file);
  }
}

/** Like `writeFileAtomically`, piece by piece: for what is too large to hold. If the pieces throw, nothing is left. */
export async function writePiecesAtomically(
  file: string,
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  if (isStandardOutput(file)) return await printPieces(pieces);
  const isReplaced = !isStream(file);
  const target = isReplaced ? targetOf(file) : file;
  const written = isReplaced ? partialOf(target) : file;
  // Not around the pieces: what they throw may be about another file.
  const explained = (error: unknown): never => {
    throw notWritten(error, file);
  };
  const handle = await open(written, "w").catch(explained);
  try {
    // `write` may write less than it is given, on a disk that is nearly full.
    for await (const piece of pieces) await handle.appendFile(piece).catch(explained);
    if (isReplaced) await handle.sync().catch(explained);
    await handle.close();
    if (isReplaced) await rename(written, target).catch(explained);
  } catch (error) {
    await handle.close();
    if (isReplaced) await rm(written, { force: true });
    throw error;
  }
}

/** Whether what is written to it cannot stand beside other files and be read again: standard output, a pipe, a device. */
export function isStream(file: string): boolean {
  if (isStandardOutput(file)) return true;
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/** Whether both names lead to one file that is there. */
export function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false }));
  return first?.isFile() === true && first.dev === second?.dev && first.ino === second.ino;
}

function isStandardOutput(file: string): boolean {
  return file === "-" || file === "/dev/stdout";
}

async function printPieces(pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
  // Whoever writes is told; without a listener the process would end.
  const ignore = () => {};
  process.stdout.on("error", ignore);
  for await (const piece of pieces) {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(piece, (error) =>
        error ? reject(notWritten(error, "standard output")) : resolve(),
      );
    });
  }
  process.stdout.off("error", ignore);
}

/** The name of a file beside another: `a.jsonl` gives `a.origins.jsonl`, and `a.json`, which may stand beside it, `a.json.origins.jsonl`. */
export function nameBeside(file: string, kind: "origins" | "rejected"): string {
  return `${file.replace(/\.jsonl$/, "")}.${kind}.jsonl`;
}

/** Where links lead: to replace a link by a file would cut it off. */
function targetOf(file: string): string {
  let target = file;
  // As many as Linux follows.
  for (let links = 0; links < 40; links++) {
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) break;
    target = resolve(dirname(target), readlinkSync(target));
  }
  return target;
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
  EPIPE: "its reader has stopped",
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
