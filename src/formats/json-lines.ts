import { writePiecesAtomically } from "../files.ts";
import type { InputFile } from "./input-file.ts";
import { parseRowJson, readRows } from "./rows.ts";

export { parseLine } from "./rows.ts";

export interface JsonLine {
  /** From 1, as editors count. */
  readonly line: number;
  readonly value: unknown;
}

/**
 * Reads a file of one JSON value a line (or one JSON array of them), one at a time.
 *
 * Throws an InvalidFileError that names the line where one is not JSON, or if the file cannot be read.
 */
export async function* readJsonLines(file: string | InputFile): AsyncGenerator<JsonLine> {
  const name = typeof file === "string" ? file : file.name;
  for await (const row of readRows(file)) yield { line: row.line, value: parseRowJson(name, row) };
}

/** Writes one JSON value a line, whole or not at all. Returns how many. */
export async function writeJsonLines(
  file: string,
  values: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<number> {
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const value of values) {
      count++;
      yield `${JSON.stringify(value)}\n`;
    }
  }
  await writePiecesAtomically(file, lines());
  return count;
}
