import { open } from "node:fs/promises";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";

/** The header of an 8B model has about 30 KB; this is far beyond any. */
const longestHeader = 100 * 1024 * 1024;

const headerSchema = z.record(
  z.string(),
  z.union([
    z.object({
      dtype: z.string(),
      shape: z.array(z.int().nonnegative()),
      data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

/**
 * Checks that a safetensors file of any size is whole: its header is readable, names tensors, and the file is as long as they need. The
 * numbers themselves are not read.
 *
 * @returns the names of its tensors.
 * @throws InvalidFileError for a file that is cut off or is something else.
 */
export async function readTensorNames(file: string): Promise<string[]> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const start = Buffer.alloc(8);
  const { bytesRead } = await handle.read(start, 0, 8, 0);
  const headerLength = bytesRead === 8 ? Number(start.readBigUInt64LE(0)) : 0;
  if (headerLength === 0 || headerLength > longestHeader || 8 + headerLength > size) {
    throw new InvalidFileError(file, "length", `not a whole safetensors file (${size} bytes)`);
  }
  const header = Buffer.alloc(headerLength);
  await handle.read(header, 0, headerLength, 8);
  const tensors = parseHeader(header.toString("utf8"), file);
  if (tensors.length === 0) throw new InvalidFileError(file, "header", "it names no tensor");
  const expected = 8 + headerLength + Math.max(...tensors.map(({ end }) => end));
  if (size !== expected) {
    throw new InvalidFileError(file, "length", `expected ${expected} bytes, but the file has ${size}`, {
      hint: "The file was not written to its end.",
    });
  }
  return tensors.map(({ name }) => name);
}

function parseHeader(text: string, file: string): { name: string; end: number }[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InvalidFileError(file, "header", "not JSON", { cause });
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw new InvalidFileError(file, "header", "not the header of a safetensors file");
  return Object.entries(parsed.data).flatMap(([name, entry]) =>
    "data_offsets" in entry && Array.isArray(entry.data_offsets)
      ? [{ name, end: entry.data_offsets[1] }]
      : [],
  );
}
