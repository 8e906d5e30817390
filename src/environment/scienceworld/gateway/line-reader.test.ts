import fc from "fast-check";
import { expect, it } from "vitest";
import { lineReader } from "./line-reader.ts";

it("lines come out whole, wherever the pieces were cut, and whatever the pieces' memory holds later", () => {
  const cuts = fc.array(fc.nat(200));
  const lineTexts = fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", "")));
  fc.assert(
    fc.property(lineTexts, cuts, (expected, positions) => {
      const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(""));
      const lines: string[] = [];
      const read = lineReader((line) => lines.push(line));
      const inOrder = positions.filter((cut) => cut < bytes.length).toSorted((one, other) => one - other);
      const memory = Buffer.alloc(bytes.length);
      for (const [index, start] of [0, ...inOrder].entries()) {
        const length = bytes.copy(memory, 0, start, inOrder[index] ?? bytes.length);
        read(memory.subarray(0, length));
        memory.fill("?");
      }
      expect(lines).toEqual(expected);
    }),
  );
});

it("tells how much of a line without end it keeps", () => {
  const read = lineReader(() => {});
  expect(read(Buffer.from("one\ntwo"))).toBe(3);
  expect(read(Buffer.from(" three"))).toBe(9);
  expect(read(Buffer.from("\n"))).toBe(0);
});
