import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absent, createWordTable } from "./word-table.ts";

describe("the word table", () => {
  it("is a map from words to numbers, asked with a stretch of any text", () => {
    const entries = fc.array(
      fc.tuple(fc.string({ maxLength: 4 }), fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })),
    );
    fc.assert(
      fc.property(entries, (words) => {
        const table = createWordTable();
        const expected = new Map<string, number>();
        for (const [word, value] of words) {
          const text = `x${word}yz`;
          expect(table.find(text, 1, 1 + word.length)).toBe(expected.get(word) ?? absent);
          if (expected.has(word)) continue;
          table.add(text, 1, 1 + word.length, value);
          expected.set(word, value);
        }
        for (const [word, value] of expected) expect(table.find(word, 0, word.length)).toBe(value);
        expect(table.size).toBe(expected.size);
      }),
    );
  });

  it("keeps what it has while it grows", () => {
    const table = createWordTable();
    const words = Array.from({ length: 50_000 }, (_, index) => `word${index}`);
    words.forEach((word, index) => {
      table.add(word, 0, word.length, index - 5);
    });
    expect(words.every((word, index) => table.find(word, 0, word.length) === index - 5)).toBe(true);
  });
});
