import type { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { readText } from "./open-file.ts";

/** The text of a file; undefined if there is none. Throws an InvalidFileError if there is one that cannot be read. */
export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readText(file);
  } catch (error) {
    if (error instanceof InvalidFileError && isMissing(error.cause)) return undefined;
    throw error;
  }
}

/** Parses JSON; throws an InvalidFileError for what is none. */
export function parseJson(text: string, file: string): unknown {
  if (text.startsWith("\uFEFF")) {
    throw new InvalidFileError(file, "content", "it begins with a byte-order mark, which JSON has none of", {
      hint: "transformers refuses it too. Save the file as UTF-8 without one.",
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidFileError(file, "content", "not JSON", {
      cause,
      hint: "The file is incomplete or damaged.",
    });
  }
}

/** Parses JSON of a known form; throws an InvalidFileError that names the first field that is wrong. */
export function parseJsonAs<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  file: string,
  hint?: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(text, file));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InvalidFileError(
    file,
    issue?.path.join(".") || "content",
    issue?.message ?? "unknown form",
    hint === undefined ? {} : { hint },
  );
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
