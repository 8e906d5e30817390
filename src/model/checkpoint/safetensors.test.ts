import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidFileError } from "../../errors.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "safetensors-"));
});
afterAll(() => rm(root, { recursive: true }));

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/** The bytes of a file with this header and so many bytes of data. */
function fileOf(header: Record<string, Entry> | string, dataLength: number, headerLength?: bigint): Buffer {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerLength ?? BigInt(text.length));
  return Buffer.concat([length, Buffer.from(text), Buffer.alloc(dataLength)]);
}
const two = (begin: number, end: number): Entry => ({ dtype: "F32", shape: [2], data_offsets: [begin, end] });

describe("a safetensors file", () => {
  it("gives back what was written, in the numbers that its format has", async () => {
    const file = join(root, "written");
    const data = Float32Array.of(0, -0, 1, -1.5, 65504, 2 ** -14, 2 ** -24, 0.1, 1 / 3, -7e-5);
    const parameters = new Map([
      ["b", { shape: [2, 5], data }],
      ["a", { shape: [], data: Float32Array.of(7) }],
    ]);
    for (const [storage, precision] of [
      ["F32", 0],
      ["F16", 2 ** -11],
      ["BF16", 2 ** -8],
    ] as const) {
      await writeSafetensors(file, parameters, storage);
      const read = await readSafetensors(file);
      expect(read.get("a")).toEqual(parameters.get("a"));
      expect(read.get("b")?.shape).toEqual([2, 5]);
      read.get("b")?.data.forEach((value, i) => {
        const written = data[i] ?? Number.NaN;
        expect(Math.abs(value - written)).toBeLessThanOrEqual(
          Math.abs(written) * precision + 2 ** -25 * precision,
        );
        expect(Object.is(value, -0)).toBe(Object.is(written, -0));
      });
    }
  });

  it("may have names beyond ASCII", async () => {
    const file = join(root, "names");
    await writeSafetensors(file, new Map([["größe", { shape: [1], data: Float32Array.of(3) }]]));
    expect((await readSafetensors(file)).get("größe")?.data[0]).toBe(3);
  });

  it.each<[string, Buffer, RegExp]>([
    ["shorter than its header's length", Buffer.alloc(5), /length: expected at least 8 bytes/],
    ["with a header beyond its end", fileOf("{}", 0, 500n), /length: expected at least 508 bytes/],
    [
      "with a header of an absurd length",
      fileOf("{}", 0, 2n ** 63n),
      /header length: .* bytes cannot be right/,
    ],
    ["whose header is not JSON", fileOf("{not json}", 8), /header: not JSON/],
    ["whose header is no object", fileOf("[1]", 8), /header: expected an object/],
    ["with overlapping tensors", fileOf({ a: two(0, 8), b: two(4, 12) }, 12), /b\.data_offsets: .*overlaps/],
    ["with a gap", fileOf({ a: two(0, 8), b: two(12, 20) }, 20), /b\.data_offsets: .*gap/],
    ["with a tensor beyond its end", fileOf({ a: two(0, 8) }, 4), /length: expected at least/],
    [
      "with bytes that belong to nothing",
      fileOf({ a: two(0, 8) }, 12),
      /length: expected 8 bytes of data, got 12/,
    ],
    [
      "with fewer bytes than its shape needs",
      fileOf({ a: { dtype: "BF16", shape: [2, 3], data_offsets: [0, 24] } }, 24),
      /a\.data_offsets: expected 12 bytes for shape \[2,3\] of BF16, got 24/,
    ],
    [
      "with a shape larger than any memory",
      fileOf({ a: { dtype: "F32", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 8] } }, 8),
      /a\.data_offsets: expected/,
    ],
    ["with negative offsets", fileOf({ a: two(-8, 0) }, 0), /a\.data_offsets\.0/],
    [
      "of another number format",
      fileOf({ a: { ...two(0, 8), dtype: "F64" } }, 8),
      /a\.dtype: expected F32, F16/,
    ],
  ])("%s is refused", async (name, bytes, message) => {
    const file = join(root, name.replaceAll(" ", "-"));
    await writeFile(file, bytes);
    const failure = await readSafetensors(file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidFileError);
    expect(failure).toHaveProperty("file", file);
    expect(failure).toHaveProperty("message", expect.stringMatching(message));
  });

  it("that is not there is named", async () => {
    await expect(readSafetensors(join(root, "nowhere"))).rejects.toThrow(/nowhere: file: cannot be read/);
  });

  it("that is a directory is refused as such", async () => {
    const directory = join(root, "directory.safetensors");
    await mkdir(directory);
    const failure = await readSafetensors(directory).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidFileError);
    expect(failure).toHaveProperty("message", `${directory}: file: cannot be read: it is a directory`);
  });
});
