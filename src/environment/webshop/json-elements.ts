import { closeSync, openSync, readSync } from "node:fs";
import { InvalidFileError } from "../../errors.ts";

/*
 * Reads the outermost array or object of a JSON file element by element, in constant memory: the benchmark's full
 * product file is larger than the longest string.
 */

/**
 * The elements of a file that holds a JSON array.
 *
 * @throws InvalidFileError where it holds something else, breaks off, or an element is not JSON
 */
export function* readJsonArray(path: string): Generator<unknown> {
  let index = 0;
  for (const text of splitElements(path, "[", "]")) {
    yield parseJson(text, path, `element ${index}`);
    index++;
  }
}

/**
 * The entries of a file that holds a JSON object; values are left as JSON text, for `parseJson`.
 *
 * @throws InvalidFileError where it holds something else, or breaks off
 */
export function* readJsonEntries(path: string): Generator<readonly [key: string, json: string]> {
  let index = 0;
  for (const text of splitElements(path, "{", "}")) {
    const match = /^("(?:[^"\\]|\\.)*")\s*:/.exec(text);
    const key = parseJson(match?.[1] ?? "", path, `entry ${index}`);
    yield [String(key), text.slice(match?.[0].length)];
    index++;
  }
}

/** @throws InvalidFileError */
export function parseJson(text: string, path: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidFileError(path, where, `expected JSON: ${String(cause)}`, { cause });
  }
}

const chunkBytes = 4 * 1024 * 1024;
const [openBracket, closeBracket, openBrace, closeBrace, quote, backslash, comma] = Buffer.from('[]{}"\\,');

/** The text between the outermost brackets, cut at the commas that are inside nothing else. */
function* splitElements(path: string, open: "[" | "{", close: "]" | "}"): Generator<string> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let index = 0;
  let pending: Buffer[] = [];
  const cut = (last: Buffer): string => {
    const text = Buffer.concat([...pending, last])
      .toString("utf8")
      .trim();
    pending = [];
    return text;
  };

  for (const chunk of readChunks(path)) {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) {
        inString = true;
      } else if (byte === openBracket || byte === openBrace) {
        depth++;
        if (depth === 1) {
          const found = byte === openBrace ? "{" : "[";
          if (found !== open)
            throw new InvalidFileError(path, "the start", `expected ${open}, received ${found}`);
          start = i + 1;
        }
      } else if (byte === closeBracket || byte === closeBrace) {
        depth--;
        if (depth === 0) {
          const text = cut(chunk.subarray(start, i));
          if (text !== "" || index > 0) yield text;
          return;
        }
      } else if (byte === comma && depth === 1) {
        yield cut(chunk.subarray(start, i));
        index++;
        start = i + 1;
      }
    }
    // The chunk's memory is used again for the next one.
    if (depth > 0) pending.push(Buffer.from(chunk.subarray(start)));
  }
  throw new InvalidFileError(path, `element ${index}`, `the file ends before its last ${close}`);
}

function* readChunks(path: string): Generator<Buffer> {
  const file = openFile(path);
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const bytes = readSync(file, buffer, 0, buffer.length, null);
      if (bytes === 0) return;
      yield buffer.subarray(0, bytes);
    }
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new InvalidFileError(path, "the file", `cannot be opened: ${String(cause)}`, { cause });
  }
}
