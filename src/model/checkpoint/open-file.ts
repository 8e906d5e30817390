import { existsSync, type Stats } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type EefErrorOptions, InvalidFileError } from "../../errors.ts";

/**
 * Opens a file for reading.
 * @throws InvalidFileError that says in words why it cannot be read. A pipe, which would be waited for, is refused as a directory is.
 */
export async function openFile(
  file: string,
  options: Pick<EefErrorOptions, "hint"> = {},
): Promise<FileHandle> {
  let kind: Stats;
  try {
    kind = await stat(file);
    if (kind.isFile()) return await open(file, "r");
  } catch (cause) {
    throw await unreadable(file, cause, options);
  }
  throw refused(file, kind.isDirectory() ? "it is a directory" : "it is no file", options);
}

/** The text of a file, as UTF-8. Throws as `openFile` does. */
export async function readText(file: string, options: Pick<EefErrorOptions, "hint"> = {}): Promise<string> {
  await using handle = await openFile(file, options);
  return await handle.readFile("utf8").catch(async (cause: unknown) => {
    throw await unreadable(file, cause, options);
  });
}

/** The system's refusal to read a file. */
export async function unreadable(
  file: string,
  cause: unknown,
  options: EefErrorOptions = {},
): Promise<InvalidFileError> {
  return refused(file, await reasonOf(cause, file), { ...options, cause });
}

/** Why the system refuses to read a file or a directory, in words. */
export async function reasonOf(cause: unknown, file: string): Promise<string> {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOENT") return await absence(file);
  return reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "reading it is not allowed",
  EPERM: "reading it is not allowed",
  ELOOP: "it is a link that leads to itself",
  ENOTDIR: "the directory above it is a file",
  EIO: "the disk fails to give what it holds",
};

async function absence(file: string): Promise<string> {
  if (!existsSync(dirname(file))) return "the directory above it does not exist";
  const isLink = await lstat(file).then(
    () => true,
    () => false,
  );
  return isLink ? "it is a link to a file that does not exist" : "it does not exist";
}

function refused(file: string, reason: string, options: EefErrorOptions): InvalidFileError {
  return new InvalidFileError(file, "file", `cannot be read: ${reason}`, options);
}
