import { describe, expect, it } from "vitest";
import { createCatalogue } from "./catalogue.ts";
import { humanGoals, syntheticGoals } from "./goals.ts";
import { productRecord, testCatalogue } from "./test-shop.test-helpers.ts";

const catalogue = testCatalogue();

describe("human goals", () => {
  it("drop the dots around an instruction, and leave out instructions without attributes", () => {
    const [goal, ...others] = humanGoals(catalogue);
    expect(others).toEqual([]);
    // 1299 dollars are above every limit, so there is none.
    expect(goal).toMatchObject({
      asin: "B000000003",
      instruction: "i want a lamp",
      attributes: ["heavy foot"],
      options: [{ value: "red" }],
      priceUpper: 1_000_000,
      query: "desk lamps",
      weight: 1,
    });
  });
});

describe("synthetic goals", () => {
  const goals = syntheticGoals(catalogue);
  const lamp = goals.filter(({ asin }) => asin === "B000000001");

  it("ask for every combination of options", () => {
    expect(goals).toHaveLength(10);
    expect(new Set(lamp.map(({ options }) => options.map(({ value }) => value).join())).size).toBe(9);
    expect(lamp[0]?.instruction).toMatch(
      /^Find me warm light desk lamps with color: .+, and size: .+, and price lower than \d0\.00 dollars$/,
    );
  });

  it("have a limit among the first four multiples of ten above the price, the same for all of a product", () => {
    const limits = new Set(lamp.map(({ priceUpper }) => priceUpper));
    expect(limits.size).toBe(1);
    expect([20, 30, 40, 50]).toContain([...limits][0]);
  });

  it("weigh less the more goals share their attributes", () => {
    expect(new Set(lamp.map(({ weight }) => weight))).toEqual(new Set([1 / 9]));
    expect(goals.find(({ asin }) => asin === "B000000003")?.weight).toBe(1);
  });

  it("are the same for the same seed, and have other limits for another", () => {
    const items = Array.from({ length: 40 }, (_, index) =>
      productRecord(`D${index}`, { pricing: "$3.99 - $39.99" }),
    );
    const instructions = Object.fromEntries(
      items.map(({ asin }) => [asin, { instruction: "Find me lamps", instruction_attributes: ["warm"] }]),
    );
    const lamps = createCatalogue({ items, instructions });
    const limits = (seed: number) =>
      syntheticGoals(lamps, { seed }).map(({ asin, priceUpper }) => `${asin} ${priceUpper}`);
    expect(limits(1)).toEqual(limits(1));
    expect(limits(1)).not.toEqual(limits(2));
  });
});
