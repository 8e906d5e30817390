import { renameSync, writeFileSync } from "node:fs";

/** Writes a file whole or not at all: a reader never sees half of it, and a kill leaves the old one. */
export function writeFileAtomically(file: string, content: string): void {
  const partial = `${file}.partial`;
  writeFileSync(partial, content);
  renameSync(partial, file);
}
