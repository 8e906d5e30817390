import { z } from "zod";
import { type InputFile, openBytes, unreadable } from "./input-file.ts";

/** One line or record of a file as it stands there, not parsed yet. */
export interface Row {
  /** Where it begins, from 1, as editors count. */
  readonly line: number;
  readonly text: string;
  /** True if its bytes are not UTF-8: the text has U+FFFD in their place. */
  readonly isDamaged?: true;
}

/** A record that could not be read. Whoever asks for these sets them aside instead of stopping at the first. */
export const rejectedRowSchema = z.strictObject({
  file: z.string(),
  line: z.number(),
  /** Path inside the record, such as `messages.3.role`; empty where it is the record as a whole. */
  field: z.string(),
  problem: z.string(),
  text: z.string(),
});
export type RejectedRow = Readonly<z.infer<typeof rejectedRowSchema>>;

/**
 * All lines of a file, without a byte order mark. A row that was set aside earlier (`NAME.rejected.jsonl`) gives the text that is in it, so
 * that it can be mended there and read again.
 *
 * Throws an InvalidFileError if the file cannot be read.
 */
export async function* readLines({ name, path }: InputFile): AsyncGenerator<Row> {
  let line = 0;
  try {
    for await (const bytes of splitLines(openBytes(path))) {
      line++;
      const row = decode(bytes, line);
      const setAside = rejectedText(row.text);
      if (setAside === undefined) yield row;
      else if (isJson(setAside)) yield { line, text: setAside };
      else for (const text of setAside.split("\n")) yield { line, text };
    }
  } catch (error) {
    throw unreadable(name, line === 0 ? "the file" : `after line ${line}`, error);
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

function decode(bytes: Uint8Array, line: number): Row {
  const withoutMark = (text: string): string => (line === 1 ? text.replace(/^\uFEFF/, "") : text);
  try {
    return { line, text: withoutMark(strict.decode(bytes)) };
  } catch {
    return { line, text: withoutMark(lenient.decode(bytes)), isDamaged: true };
  }
}

/**
 * Splits at newlines only. `node:readline` also splits at U+2028 and U+2029, which JSON allows inside a string and product
 * texts do hold.
 */
async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  for await (const given of chunks) {
    const chunk = Buffer.from(given);
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end)]);
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

/** The record in a row of `NAME.rejected.jsonl`; undefined for any other row. */
function rejectedText(text: string): string | undefined {
  if (!text.includes('"problem":') || !isJson(text)) return undefined;
  return rejectedRowSchema.safeParse(JSON.parse(text)).data?.text;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
