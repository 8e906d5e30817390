import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import type { Parameters, Tensor } from "../llama/llama.ts";
import { type Storage, storages } from "./number-formats.ts";

/*
 * The safetensors format: the length of the header as a little-endian 64-bit integer, the header (JSON: name ->
 * dtype, shape, begin and end of the data), then the data without gaps.
 * https://github.com/huggingface/safetensors
 */

const storageNames = ["F32", "F16", "BF16"] as const;
const entrySchema = z.object({
  dtype: z.enum(storageNames, { error: "expected F32, F16 or BF16" }),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/** The bytes of a safetensors file. Tensors are stored in the order of their names; F32 keeps every bit. */
export function encodeSafetensors(parameters: Parameters, storage: Storage = "F32"): Uint8Array {
  const { bytesPerNumber, write } = storages[storage];
  const names = [...parameters.keys()].sort();
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const name of names) {
    const tensor = parameters.get(name);
    if (tensor === undefined) continue;
    const begin = end;
    end += tensor.data.length * bytesPerNumber;
    header[name] = { dtype: storage, shape: tensor.shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  // Spaces up to a multiple of 8, so that the data is aligned for readers that map the file.
  const headerBytes = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8, " "));
  const bytes = new Uint8Array(8 + headerBytes.length + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes.length), true);
  bytes.set(headerBytes, 8);
  let offset = 8 + headerBytes.length;
  for (const name of names) {
    for (const value of parameters.get(name)?.data ?? []) {
      write(view, offset, value);
      offset += bytesPerNumber;
    }
  }
  return bytes;
}

/**
 * Reads a safetensors file whose tensors are F32, F16 or BF16, all of which fit in a float32 exactly.
 * @param file Its path, for messages.
 * @throws InvalidFileError naming the tensor that is wrong.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Parameters {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const truncated = (expected: number) =>
    new InvalidFileError(
      file,
      "length",
      `expected at least ${expected} bytes, but the file has ${bytes.length}`,
      {
        hint: "The file is incomplete; copy it again.",
      },
    );
  if (bytes.length < 8) throw truncated(8);
  const headerLength = Number(view.getBigUint64(0, true));
  if (8 + headerLength > bytes.length) throw truncated(8 + headerLength);
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), file);
  const dataStart = 8 + headerLength;

  const parameters = new Map<string, Tensor>();
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
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
    const { bytesPerNumber, read } = storages[dtype];
    const size = shape.reduce((product, each) => product * each, 1);
    if (end - begin !== size * bytesPerNumber) {
      throw new InvalidFileError(
        file,
        `${name}.data_offsets`,
        `expected ${size * bytesPerNumber} bytes for shape [${shape}] of ${dtype}, got ${end - begin}`,
      );
    }
    if (dataStart + end > bytes.length) throw truncated(dataStart + end);
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) data[i] = read(view, dataStart + begin + i * bytesPerNumber);
    parameters.set(name, { shape, data });
    ranges.push({ name, begin, end });
  }
  checkWithoutGaps(ranges, bytes.length - dataStart, file);
  return parameters;
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InvalidFileError(file, "header", "not JSON", { cause });
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(json);
  if (!parsed.success) throw new InvalidFileError(file, "header", "expected an object");
  return parsed.data;
}

function checkWithoutGaps(
  ranges: { name: string; begin: number; end: number }[],
  dataLength: number,
  file: string,
): void {
  let expected = 0;
  for (const { name, begin, end } of ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== expected) {
      throw new InvalidFileError(
        file,
        `${name}.data_offsets`,
        `expected to begin at ${expected}, got ${begin}`,
      );
    }
    expected = end;
  }
  if (expected !== dataLength) {
    throw new InvalidFileError(file, "length", `expected ${expected} bytes of data, got ${dataLength}`);
  }
}
