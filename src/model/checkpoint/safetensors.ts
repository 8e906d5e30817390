import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import type { Parameters, Tensor } from "../llama/llama.ts";
import { type Storage, storages } from "./number-formats.ts";
import { openFile, unreadable } from "./open-file.ts";

/*
 * The safetensors format: the length of the header as a little-endian 64-bit integer, the header (JSON: name ->
 * dtype, shape, begin and end of the data), then the data without gaps.
 * https://github.com/huggingface/safetensors
 */

/** Longer headers are refused, as the format's own library does. */
const longestHeader = 100_000_000;

const storageNames = ["F32", "F16", "BF16"] as const;
const entrySchema = z.object({
  dtype: z.enum(storageNames, { error: "expected F32, F16 or BF16" }),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/** A tensor in a file. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly storage: Storage;
  /** Bytes of the file before its data, and before the end of its data. */
  readonly begin: number;
  readonly end: number;
}

/** A safetensors file, open for reading. Its header has been checked; the tensors are read one at a time. */
export interface SafetensorsFile extends AsyncDisposable {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Every value of the three number formats is a float32, so nothing is lost. */
  read(tensor: StoredTensor): Promise<Tensor>;
}

/**
 * Writes tensors in the order of their names, one at a time; F32 keeps every bit. Not atomic: write beside the file
 * that is to be replaced, and rename.
 */
export async function writeSafetensors(
  file: string,
  parameters: Parameters,
  storage: Storage = "F32",
): Promise<void> {
  const { bytesPerNumber, encode } = storages[storage];
  const tensors = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const begin = end;
    end += data.length * bytesPerNumber;
    header[name] = { dtype: storage, shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  // Spaces up to a multiple of 8, so that the data is aligned for readers that map the file.
  const headerBytes = new TextEncoder().encode(json);
  const padded = new Uint8Array(Math.ceil(headerBytes.length / 8) * 8).fill(0x20);
  padded.set(headerBytes);
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(padded.length), true);
  const handle = await open(file, "w");
  try {
    await handle.writeFile(new Uint8Array(length.buffer));
    await handle.writeFile(padded);
    for (const [, { data }] of tensors) await handle.writeFile(encode(data));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Opens a safetensors file whose tensors are F32, F16 or BF16.
 * @throws InvalidFileError naming the file and the tensor or length that is wrong.
 */
export async function openSafetensors(file: string): Promise<SafetensorsFile> {
  const handle = await openFile(file, {
    hint: "Weights are expected in safetensors files; other formats have to be converted first.",
  });
  try {
    const { size } = await handle.stat();
    const { header, dataStart } = await readHeader(handle, size, file);
    const tensors = Object.entries(header)
      .filter(([name]) => name !== "__metadata__")
      .map(([name, entry]) => parseEntry(name, entry, dataStart, file));
    checkRanges(tensors, dataStart, size, file);
    return {
      file,
      tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
      read: async ({ shape, storage, begin, end }) => {
        const bytes = await readBytes(handle, begin, end - begin, file);
        return { shape, data: storages[storage].decode(bytes) };
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** All tensors of a file. */
export async function readSafetensors(file: string): Promise<Parameters> {
  await using opened = await openSafetensors(file);
  const parameters = new Map<string, Tensor>();
  for (const [name, tensor] of opened.tensors) parameters.set(name, await opened.read(tensor));
  return parameters;
}

async function readHeader(
  handle: FileHandle,
  size: number,
  file: string,
): Promise<{ readonly header: Record<string, unknown>; readonly dataStart: number }> {
  if (size < 8) throw truncated(file, 8, size);
  const start = await readBytes(handle, 0, 8, file);
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (length > longestHeader) {
    throw new InvalidFileError(file, "header length", `${length} bytes cannot be right`, {
      hint: "The file is damaged, or no safetensors file.",
    });
  }
  if (8 + length > size) throw truncated(file, 8 + length, size);
  const bytes = await readBytes(handle, 8, length, file);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InvalidFileError(file, "header", "not JSON", {
      cause,
      hint: "The file is damaged, or no safetensors file.",
    });
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(json);
  if (!parsed.success) throw new InvalidFileError(file, "header", "expected an object");
  return { header: parsed.data, dataStart: 8 + length };
}

function parseEntry(name: string, value: unknown, dataStart: number, file: string): StoredTensor {
  const entry = entrySchema.safeParse(value);
  if (!entry.success) {
    const issue = entry.error.issues[0];
    throw new InvalidFileError(
      file,
      [name, ...(issue?.path ?? [])].join("."),
      issue?.message ?? "unknown form",
    );
  }
  const { dtype, shape, data_offsets } = entry.data;
  const [begin, end] = data_offsets;
  const expected = shape.reduce((product, each) => product * each, storages[dtype].bytesPerNumber);
  if (end - begin !== expected) {
    throw new InvalidFileError(
      file,
      `${name}.data_offsets`,
      `expected ${expected} bytes for shape [${shape}] of ${dtype}, got ${end - begin}`,
    );
  }
  return { name, shape, storage: dtype, begin: dataStart + begin, end: dataStart + end };
}

/** The tensors must fill the rest of the file, without gaps and overlaps. */
function checkRanges(tensors: readonly StoredTensor[], dataStart: number, size: number, file: string): void {
  let expected = dataStart;
  for (const { name, begin, end } of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== expected) {
      const problem = begin < expected ? "it overlaps another tensor" : "there is a gap before it";
      throw new InvalidFileError(
        file,
        `${name}.data_offsets`,
        `expected to begin at ${expected - dataStart}, got ${begin - dataStart}: ${problem}`,
      );
    }
    if (end > size) throw truncated(file, end, size);
    expected = end;
  }
  if (expected !== size) {
    throw new InvalidFileError(
      file,
      "length",
      `expected ${expected - dataStart} bytes of data, got ${size - dataStart}`,
    );
  }
}

/** Reads exactly so many bytes, in pieces because one read is limited to 2 GiB. */
async function readBytes(
  handle: FileHandle,
  start: number,
  length: number,
  file: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const wanted = Math.min(length - done, 2 ** 30);
    const { bytesRead } = await handle
      .read(bytes, done, wanted, start + done)
      .catch(async (cause: unknown) => {
        throw await unreadable(file, cause);
      });
    if (bytesRead === 0) throw truncated(file, start + length, start + done);
    done += bytesRead;
  }
  return bytes;
}

function truncated(file: string, expected: number, size: number): InvalidFileError {
  return new InvalidFileError(
    file,
    "length",
    `expected at least ${expected} bytes, but the file has ${size}`,
    {
      hint: "The file is incomplete; copy it again.",
    },
  );
}
