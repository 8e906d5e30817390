import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { z } from "zod";
import { InvalidFileError } from "../errors.ts";

export interface JsonLine {
  /** From 1, as editors count. */
  readonly line: number;
  readonly value: unknown;
}

/**
 * Reads a file of one JSON value a line, one at a time. Blank lines and a byte order mark are passed over.
 *
 * Throws an InvalidFileError that names the line where one is not JSON, or if the file cannot be read.
 */
export async function* readJsonLines(file: string): AsyncGenerator<JsonLine> {
  let line = 0;
  const stream = createReadStream(file, "utf8");
  try {
    for await (const raw of splitLines(stream)) {
      line++;
      const text = line === 1 ? raw.replace(/^\uFEFF/, "") : raw;
      if (text.trim() === "") continue;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        throw new InvalidFileError(file, `line ${line}`, `not JSON (${reason(error)})`, {
          hint: "Every line has to be one JSON value. Was the file cut off while it was written?",
        });
      }
      yield { line, value };
    }
  } catch (error) {
    if (error instanceof InvalidFileError) throw error;
    throw new InvalidFileError(
      file,
      line === 0 ? "the file" : `after line ${line}`,
      `cannot be read (${reason(error)})`,
    );
  } finally {
    stream.destroy();
  }
}

/**
 * Splits at newlines only. `node:readline` also splits at U+2028 and U+2029, which JSON allows inside a string and product
 * texts do hold.
 */
async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = chunk.split("\n");
    lines[0] = rest + (lines[0] ?? "");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Checks one line's value, and names file, line and field of the first thing that is wrong. */
export function parseLine<T>(file: string, { line, value }: JsonLine, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new InvalidFileError(
    file,
    field === "" ? `line ${line}` : `line ${line}, ${field}`,
    issue?.message ?? "invalid",
  );
}

/** Writes one JSON value a line, whole or not at all. Returns how many. */
export async function writeJsonLines(
  file: string,
  values: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<number> {
  const partial = `${file}.partial`;
  let count = 0;
  const handle = await open(partial, "w");
  try {
    for await (const value of values) {
      await handle.write(`${JSON.stringify(value)}\n`);
      count++;
    }
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
  await handle.close();
  await rename(partial, file);
  return count;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
