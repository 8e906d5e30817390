import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Changes a file of a checkpoint, or deletes it if nothing comes back. */
export async function changeFile(
  directory: string,
  file: string,
  change: (bytes: Buffer) => Uint8Array | string | undefined,
): Promise<void> {
  const path = join(directory, file);
  const bytes = change(await readFile(path));
  await (bytes === undefined ? rm(path) : writeFile(path, bytes));
}
