import { expect, it } from "vitest";
import { createRandom } from "../../random.ts";
import { exponentialsInto } from "./exponential.ts";

function exponentialsOf(values: Float32Array, maximum: number, temperature: number): Float64Array {
  const result = new Float64Array(values.length);
  exponentialsInto(result, values, maximum, temperature);
  return result;
}

it("is within 1e-15 of Math.exp, however small the result", () => {
  const random = createRandom(1);
  for (const [range, temperature] of [
    [1, 1],
    [30, 1],
    [30, 0.7],
    [400, 2],
    [690, 1],
  ] as const) {
    const values = Float32Array.from({ length: 5000 }, () => 5 - range * random.next());
    const result = exponentialsOf(values, 5, temperature);
    for (const [i, value] of values.entries()) {
      const x = (value - 5) * (1 / temperature);
      expect(Math.abs((result[i] ?? 0) / Math.exp(x) - 1)).toBeLessThan(1e-15);
    }
  }
});

it("is exactly 1 for the maximum, 0 far below it, and no number for what is none", () => {
  const values = Float32Array.of(3, -1000, Number.NEGATIVE_INFINITY, Number.NaN);
  expect([...exponentialsOf(values, 3, 1)]).toEqual([1, 0, 0, Number.NaN]);
});
