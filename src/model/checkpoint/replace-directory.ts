import { mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import process from "node:process";
import { ConfigurationError } from "../../errors.ts";
import { notWritten } from "../../files.ts";
import { isMissing } from "./json-file.ts";

/** All that checkpoints and adapters consist of, those from elsewhere included. */
const checkpointFile =
  /^((config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|training|adapter_config)\.json|(model|adapter_model)(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json|chat_template\.(jinja|json)|merges\.txt|tokenizer\.model)(\.partial)?$/;

const adapterDirectory = "adapter";

/**
 * Makes sure that nothing but an older checkpoint is lost when a directory is replaced: it must be missing, empty, or hold only
 * files of a checkpoint or an adapter, be they complete or not.
 * @throws ConfigurationError if it holds anything else, is a file, or is the working directory or one above it.
 */
export async function checkReplaceable(directory: string): Promise<void> {
  const unknown = await foreignEntry(directory);
  if (unknown !== undefined) {
    throw notReplaced(directory, `it holds "${unknown}", which belongs to no checkpoint`);
  }
  const place = await realpath(directory).catch(() => resolve(directory));
  const fromPlace = relative(place, await realpath(process.cwd()));
  const isInside = fromPlace !== ".." && !/^\.\.[\\/]/.test(fromPlace) && !isAbsolute(fromPlace);
  if (isInside) throw notReplaced(directory, "it is the working directory, or one above it");
}

/** Something in the directory that no checkpoint has. One that was trained with LoRA has its adapter in a directory within. */
async function foreignEntry(directory: string): Promise<string | undefined> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw notReplaced(directory, "it cannot be read as a directory", error);
  });
  for (const entry of entries) {
    if (!entry.isDirectory() && checkpointFile.test(entry.name)) continue;
    if (!entry.isDirectory() || entry.name !== adapterDirectory) return entry.name;
    const within = await foreignEntry(join(directory, entry.name));
    if (within !== undefined) return join(entry.name, within);
  }
  return undefined;
}

function notReplaced(directory: string, reason: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`${directory} is not replaced by a checkpoint: ${reason}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: "Name a directory that does not exist yet, an empty one, or that of an older checkpoint.",
  });
}

/**
 * Writes a directory as a whole: into a sibling (`.NAME.partial`), which is then renamed. If writing fails or the
 * process is killed, the directory is not there, or is the one that was there before; killed between the two renames,
 * the one before stands in `.NAME.replaced` and the new one, complete, in `.NAME.partial`.
 * @throws ConfigurationError if the directory may not be replaced, see `checkReplaceable`. It is looked at again when
 * the new one is complete.
 * @throws FileNotWrittenError if a file cannot be written, as on a full disk.
 */
export async function replaceDirectory<Result>(
  directory: string,
  write: (partial: string) => Promise<Result>,
): Promise<Result> {
  await checkReplaceable(directory);
  const target = resolve(directory);
  const partial = join(dirname(target), `.${basename(target)}.partial`);
  const replaced = replacedDirectory(target);
  await rm(partial, { recursive: true, force: true });
  let result: Result;
  try {
    await mkdir(partial, { recursive: true });
    result = await write(partial);
    await checkReplaceable(directory);
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
