import type { z } from "zod";
import { InvalidFileError } from "../errors.ts";
import type { InputFile } from "./input-file.ts";
import { isJson, type Row, readLines } from "./lines.ts";

export type { RejectedRow, Row } from "./lines.ts";

/** One record of a file is not what it should be. Its `name` is that of InvalidFileError. */
export class InvalidRowError extends InvalidFileError {
  readonly line: number;
  readonly field: string;
  readonly problem: string;

  constructor(
    file: string,
    line: number,
    field: string,
    problem: string,
    options: ConstructorParameters<typeof InvalidFileError>[3] = {},
  ) {
    super(file, field === "" ? `line ${line}` : `line ${line}, ${field}`, problem, options);
    this.line = line;
    this.field = field;
    this.problem = problem;
  }
}

/**
 * The records of a file, one at a time: the lines of JSON Lines, the elements of one JSON array, or one JSON document over several
 * lines. Blank lines are passed over. Only JSON Lines are read without holding the whole file.
 *
 * Throws an InvalidFileError if the file cannot be read.
 */
export async function* readRows(file: string | InputFile): AsyncGenerator<Row> {
  const lines = filledLines(typeof file === "string" ? { name: file, path: file } : file);
  let isFirst = true;
  for await (const row of lines) {
    // What stands further down cannot be the beginning of the one array or document.
    const kind = isFirst ? openedBy(row.text) : "record";
    isFirst = false;
    if (kind === "record") {
      yield row;
      continue;
    }
    const all = [row];
    for await (const line of lines) all.push(line);
    // Blank lines were passed over, so the line numbers inside are restored by counting.
    const text = joinAtLines(all);
    if (kind === "array") yield* elementsOf(text, all);
    else if (isJson(text) && all.every(({ isDamaged }) => isDamaged !== true)) yield { line: row.line, text };
    else yield* all;
  }
}

/** Parses one record, or throws an InvalidRowError that names its line. */
export function parseRowJson(file: string, { line, text, isDamaged }: Row): unknown {
  if (isDamaged === true) {
    throw new InvalidRowError(file, line, "", "its bytes are not UTF-8", {
      hint: "Was it written in another encoding, or cut within a character?",
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidRowError(file, line, "", `not JSON (${reason})`, {
      hint: "Every line has to be one JSON value. Was the file cut off while it was written?",
    });
  }
}

/** Checks one record's value, and names file, line and field of the first thing that is wrong. */
export function parseLine<T>(
  file: string,
  { line, value }: { readonly line: number; readonly value: unknown },
  schema: z.ZodType<T>,
): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InvalidRowError(file, line, issue?.path.join(".") ?? "", issue?.message ?? "invalid");
}

async function* filledLines(file: InputFile): AsyncGenerator<Row> {
  for await (const line of readLines(file)) if (line.text.trim() !== "") yield line;
}

/** What a first line begins. A bracket alone says little: `[INFO]` of a log opens no array, nor does `[Instruction]`. */
function openedBy(text: string): "array" | "document" | "record" {
  const start = text.trimStart();
  if (start.startsWith("[")) return /^\[\s*(?:[{\]]|$)/.test(start) || isJson(text) ? "array" : "record";
  return start.startsWith("{") && !isJson(text) ? "document" : "record";
}

function joinAtLines(lines: readonly Row[]): string {
  let text = "";
  let next = lines[0]?.line ?? 1;
  for (const { line, text: content } of lines) {
    text += "\n".repeat(line - next) + content;
    next = line;
  }
  return text;
}

/** The elements of the array that a text begins with, and the lines behind it. */
function* elementsOf(text: string, lines: readonly Row[]): Generator<Row> {
  const damaged = lines.filter(({ isDamaged }) => isDamaged === true).map(({ line }) => line);
  const rest = yield* markDamaged(splitArray(text, lines[0]?.line ?? 1), damaged);
  yield* markDamaged(linesOf(rest), damaged);
}

/** Marks the rows that hold one of the damaged lines. */
function* markDamaged<Rest>(rows: Generator<Row, Rest>, damaged: readonly number[]): Generator<Row, Rest> {
  for (let next = rows.next(); ; next = rows.next()) {
    if (next.done === true) return next.value;
    const { line, text } = next.value;
    const last = line + text.split("\n").length - 1;
    const isDamaged = damaged.some((each) => each >= line && each <= last);
    yield isDamaged ? { line, text, isDamaged } : { line, text };
  }
}

function* linesOf({ line, text }: Row): Generator<Row> {
  for (const [index, content] of text.split("\n").entries()) {
    if (content.trim() !== "") yield { line: line + index, text: content };
  }
}

/**
 * The elements of a JSON array, found by counting brackets outside strings: a wrong element does not hide the ones before it. Returns what
 * stands behind the array.
 */
function* splitArray(text: string, firstLine: number): Generator<Row, Row> {
  let line = firstLine;
  let depth = 0;
  let inString = false;
  let start = -1;
  let startLine = firstLine;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\n") line++;
    if (inString) {
      if (character === "\\") index++;
      else if (character === '"') inString = false;
      continue;
    }
    if (character === undefined || /\s/.test(character)) continue;
    const closes = character === "]" || character === "}";
    if (start >= 0 && depth === 1 && (character === "," || closes)) {
      yield { line: startLine, text: text.slice(start, index).trimEnd() };
      start = -1;
    } else if (start < 0 && depth === 1 && character !== "," && !closes) {
      start = index;
      startLine = line;
    }
    if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth++;
    else if (closes && --depth === 0) return { line, text: text.slice(index + 1) };
  }
  if (start >= 0) yield { line: startLine, text: text.slice(start) };
  return { line, text: "" };
}
