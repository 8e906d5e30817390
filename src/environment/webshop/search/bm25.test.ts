import { describe, expect, it } from "vitest";
import { decodeLength, encodeLength, termScore, termWeight } from "./bm25.ts";

describe("length bytes", () => {
  it("are exact below 40 and keep the four highest bits of the rest above", () => {
    const lengths = [0, 1, 23, 24, 39, 40, 41, 42, 43, 56, 59, 60, 100, 1000, 65_536];
    expect(lengths.map((length) => decodeLength(encodeLength(length)))).toEqual([
      0, 1, 23, 24, 39, 40, 40, 42, 42, 56, 56, 60, 96, 984, 61_464,
    ]);
  });

  it("never fall as lengths grow, and every byte's own length gives the byte back", () => {
    for (let length = 1; length < 5000; length++) {
      expect(encodeLength(length)).toBeGreaterThanOrEqual(encodeLength(length - 1));
    }
    for (let byte = 0; byte < 255; byte++) expect(encodeLength(decodeLength(byte))).toBe(byte);
  });
});

describe("term scores", () => {
  it("never fall as the term gets more frequent, so that the highest frequency bounds them", () => {
    const weight = termWeight(1, 3, 1000);
    let last = 0;
    for (let step = 1; step < 3000; step++) {
      const score = termScore(weight, Math.fround(step / 7));
      expect(score).toBeGreaterThanOrEqual(last);
      last = score;
    }
    expect(last).toBeLessThanOrEqual(weight);
  });
});
