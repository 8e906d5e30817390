import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shippedBase } from "../shipped-base.ts";
import { readTensorNames } from "./safetensors-header.ts";
import { temporaryFolder } from "./stand-in.test-helpers.ts";

const real = join(shippedBase, "model.safetensors");

describe.skipIf(!existsSync(real))("the check of a safetensors file", () => {
  it("names the tensors of a real one", async () => {
    expect(await readTensorNames(real)).toContain("model.embed_tokens.weight");
  });

  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ["is empty", () => Buffer.alloc(0), /not a whole safetensors file/],
    ["lost its last byte", (bytes) => bytes.subarray(0, -1), /expected \d+ bytes/],
    ["has bytes too many", (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]), /expected \d+ bytes/],
    ["ends in its header", (bytes) => bytes.subarray(0, 100), /not a whole safetensors file/],
    ["is a page of text", () => Buffer.from("version https://git-lfs.github.com/spec/v1"), /not a whole/],
    [
      "has a header of something else",
      () => Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("[]")]),
      /header/,
    ],
  ])("refuses one that %s", async (_, change, problem) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "model.safetensors");
    writeFileSync(file, change(readFileSync(real)));
    await expect(readTensorNames(file)).rejects.toThrow(problem);
  });
});
