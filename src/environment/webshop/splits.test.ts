import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Goal } from "./goal.ts";
import { assertNoLeak, findOverlaps, splitByIndex, splitByProduct } from "./splits.ts";
import { testGoal } from "./test-shop.test-helpers.ts";

const goal = (asin: string, words: string, limit = 20): Goal => ({
  ...testGoal,
  asin,
  instruction: `${words}, and price lower than ${limit}.00 dollars`,
});

describe("a split by index", () => {
  it("is the benchmark's", () => {
    const goals = Array.from({ length: 2000 }, (_, index) => goal(`P${index}`, `wish ${index}`));
    const { test, validation, train } = splitByIndex(goals);
    expect([test[0], validation[0], train[0]]).toEqual([goals[0], goals[500], goals[1500]]);
    expect([test.length, validation.length, train.length]).toEqual([500, 1000, 500]);
  });

  it("counts what it leaks, by product and by words without the price", () => {
    const goals = [goal("A", "a lamp"), goal("B", "a desk"), goal("A", "a chair"), goal("C", "A  desk", 30)];
    const splits = splitByIndex(goals, { test: 2, validation: 0 });
    expect(findOverlaps(splits)[0]).toEqual({ split: "test", other: "train", sameProduct: 1, sameWords: 1 });
    expect(() => assertNoLeak(splits)).toThrow(/1 goals of test are for a product that train has a goal for/);
  });
});

describe("a split by product", () => {
  const arbitraryGoals = fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 30 }))
      .map(([product, words]) => goal(`P${product}`, `wish ${words}`)),
    { maxLength: 40 },
  );

  it("never has a product or the same words on two sides, and no goal twice", () => {
    fc.assert(
      fc.property(arbitraryGoals, fc.nat(8), fc.nat(8), fc.nat(5), (goals, test, validation, seed) => {
        const splits = splitByProduct(goals, { test, validation, seed });
        expect(() => assertNoLeak(splits)).not.toThrow();
        const used = [...splits.test, ...splits.validation, ...splits.train];
        expect(new Set(used).size).toBe(used.length);
        expect(splits.test.length).toBeLessThanOrEqual(test);
        expect(splits.validation.length).toBeLessThanOrEqual(validation);
      }),
    );
  });

  it("fills the splits, with so many goals of a product as asked for", () => {
    const goals = Array.from({ length: 60 }, (_, index) => goal(`P${index % 20}`, `wish ${index}`));
    const splits = splitByProduct(goals, { test: 4, validation: 3, train: 5, goalsPerProduct: 1 });
    expect([splits.test.length, splits.validation.length, splits.train.length]).toEqual([4, 3, 5]);
    expect(new Set([...splits.test, ...splits.train].map(({ asin }) => asin)).size).toBe(9);
    expect(splitByProduct(goals, { test: 4, validation: 3 })).toEqual(
      splitByProduct(goals, { test: 4, validation: 3 }),
    );
  });
});
