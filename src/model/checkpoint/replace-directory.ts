import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { notWritten } from "../../files.ts";
import { isMissing } from "./json-file.ts";

/**
 * Writes a directory as a whole: into a sibling (`.NAME.partial`), which is then renamed. If writing fails or the
 * process is killed, the directory is not there, or is the one that was there before; killed between the two renames,
 * the one before stands in `.NAME.replaced` and the new one, complete, in `.NAME.partial`.
 * @throws FileNotWrittenError if a file cannot be written, as on a full disk.
 */
export async function replaceDirectory<Result>(
  directory: string,
  write: (partial: string) => Promise<Result>,
): Promise<Result> {
  const target = resolve(directory);
  const partial = join(dirname(target), `.${basename(target)}.partial`);
  const replaced = replacedDirectory(target);
  await rm(partial, { recursive: true, force: true });
  let result: Result;
  try {
    await mkdir(partial, { recursive: true });
    result = await write(partial);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw notWritten(error, directory);
  }
  // A directory cannot be renamed onto one that is not empty, so an older one steps aside first.
  await rm(replaced, { recursive: true, force: true });
  await renameIfPresent(target, replaced);
  try {
    await rename(partial, target);
  } catch (error) {
    await renameIfPresent(replaced, target);
    throw notWritten(error, directory);
  }
  await rm(replaced, { recursive: true, force: true });
  return result;
}

async function renameIfPresent(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** Where the directory that was there before stands while it is replaced. */
export function replacedDirectory(directory: string): string {
  const target = resolve(directory);
  return join(dirname(target), `.${basename(target)}.replaced`);
}
