import { closeSync, openSync, readSync } from "node:fs";
import { InvalidFileError } from "../../errors.ts";

/** One element of the array, or one value of the object, that a JSON file holds. */
export interface JsonElement {
  /** The object's key; undefined in an array. */
  readonly key: string | undefined;
  readonly value: unknown;
}

const chunkBytes = 4 * 1024 * 1024;

const [openBracket, closeBracket, openBrace, closeBrace, quote, backslash, comma] = Buffer.from('[]{}"\\,');

/**
 * Reads the outermost array or object of a JSON file element by element, in constant memory: the benchmark's full
 * product file is larger than the longest string.
 *
 * @throws InvalidFileError where the file is neither, breaks off, or an element is not JSON
 */
export function* readJsonElements(path: string): Generator<JsonElement> {
  let index = 0;
  for (const { text, isObject } of splitElements(path)) {
    yield parseElement(path, index, text, isObject);
    index++;
  }
}

function parseElement(path: string, index: number, text: string, isObject: boolean): JsonElement {
  try {
    const parsed: unknown = JSON.parse(isObject ? `{${text}}` : text);
    if (!isObject) return { key: undefined, value: parsed };
    const [entry] = Object.entries(parsed ?? {});
    if (entry !== undefined) return { key: entry[0], value: entry[1] };
  } catch (cause) {
    throw new InvalidFileError(path, `element ${index}`, `expected JSON: ${String(cause)}`, { cause });
  }
  throw new InvalidFileError(
    path,
    `element ${index}`,
    `expected "key": value, received ${text.slice(0, 80)}`,
  );
}

/** The text between the outermost brackets, cut at the commas that are inside nothing else. */
function* splitElements(path: string): Generator<{ readonly text: string; readonly isObject: boolean }> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let isObject = false;
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
        if (depth++ === 0) {
          isObject = byte === openBrace;
          start = i + 1;
        }
      } else if (byte === closeBracket || byte === closeBrace) {
        if (--depth === 0) {
          const text = cut(chunk.subarray(start, i));
          if (text !== "" || index > 0) yield { text, isObject };
          return;
        }
      } else if (byte === comma && depth === 1) {
        yield { text: cut(chunk.subarray(start, i)), isObject };
        index++;
        start = i + 1;
      }
    }
    // The chunk's memory is used again for the next one.
    if (depth > 0) pending.push(Buffer.from(chunk.subarray(start)));
  }
  throw new InvalidFileError(path, `element ${index}`, "the file breaks off before its list or object ends");
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
