import { describe, expect, it } from "vitest";
import { learningRateAt } from "./learning-rate.ts";

const rates = (decay: "cosine" | "linear" | "constant", warmup: number, final = 0.1) =>
  Array.from({ length: 11 }, (_, step) => learningRateAt({ peak: 1, warmup, decay, final }, step, 11));

describe("the learning rate", () => {
  it("rises linearly to its peak and falls to its final part", () => {
    const linear = rates("linear", 2 / 11);
    expect(linear.slice(0, 3)).toEqual([0.5, 1, 1]);
    expect(linear[6]).toBeCloseTo(0.55);
    expect(linear[10]).toBeCloseTo(0.1);
  });

  it("falls along half a cosine", () => {
    const cosine = rates("cosine", 0);
    expect(cosine[0]).toBe(1);
    expect(cosine[5]).toBeCloseTo(0.55);
    expect(cosine[10]).toBeCloseTo(0.1);
  });

  it("can stay where it is", () => {
    expect(new Set(rates("constant", 0))).toEqual(new Set([1]));
  });

  it("is defined for a single step", () => {
    expect(learningRateAt({ peak: 1, warmup: 0.1, decay: "cosine", final: 0 }, 0, 1)).toBe(1);
  });
});
