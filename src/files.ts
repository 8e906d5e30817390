import { renameSync, writeFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";

/** Writes a file whole or not at all: a reader never sees half of it, and a kill leaves the old one. */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  const partial = partialOf(file);
  writeFileSync(partial, content);
  renameSync(partial, file);
}

/** Like `writeFileAtomically`, piece by piece: for what is too large to hold. If the pieces throw, nothing is left. */
export async function writePiecesAtomically(
  file: string,
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const partial = partialOf(file);
  const handle = await open(partial, "w");
  try {
    // `write` may write less than it is given, on a disk that is nearly full.
    for await (const piece of pieces) await handle.appendFile(piece);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
  await handle.close();
  await rename(partial, file);
}

function partialOf(file: string): string {
  return `${file}.partial`;
}
