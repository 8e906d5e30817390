import { createReadStream, createWriteStream, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { InvalidFileError } from "../errors.ts";

/** Standard input, where a file is to be named. */
const standardInput = "-";

/** A file to read, which may stand elsewhere than its name says. */
export interface InputFile {
  /** As it was named: for messages, and for ids made of it. */
  readonly name: string;
  readonly path: string;
}

/**
 * The bytes of a file, of a pipe, or of standard input, which is `-`. Those of a file that ends in `.gz` are unpacked.
 * The stream fails if they cannot be read.
 */
export function openBytes(path: string): AsyncIterable<Uint8Array> {
  const stream = path === standardInput ? process.stdin : createReadStream(path);
  if (!path.endsWith(".gz")) return stream;
  const unpacked = createGunzip();
  stream.on("error", (error: Error) => unpacked.destroy(error));
  unpacked.on("close", () => stream.destroy());
  return stream.pipe(unpacked);
}

/**
 * The input as a file that can be read as often as one likes. What comes from a pipe can be read once only, so it is first written to a
 * temporary file, which is removed when the input is disposed of.
 *
 * Throws an InvalidFileError if the pipe cannot be read.
 */
export async function rereadable(name: string): Promise<InputFile & AsyncDisposable> {
  const isPipe = name === standardInput || statSync(name, { throwIfNoEntry: false })?.isFile() === false;
  if (!isPipe) return { name, path: name, [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "eef-input-"));
  const path = join(folder, "input");
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await pipeline(openBytes(name), createWriteStream(path));
  } catch (cause) {
    await remove();
    throw unreadable(name, "the file", cause);
  }
  return { name, path, [Symbol.asyncDispose]: remove };
}

/** The name without folder and ending, of which ids are made: `a/eto.jsonl.gz` gives `eto`. */
export function stemOf(name: string): string {
  return basename(name)
    .replace(/\.gz$/, "")
    .replace(/\.[^.]*$/, "");
}

export function unreadable(name: string, where: string, cause: unknown): InvalidFileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InvalidFileError(name, where, `cannot be read (${reason})`, { cause });
}
