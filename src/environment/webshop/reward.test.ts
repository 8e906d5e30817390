import { describe, expect, it } from "vitest";
import type { Goal } from "./goal.ts";
import { tagNouns } from "./noun-tagger.ts";
import { createProductView } from "./product-view.ts";
import { rewardOf } from "./reward.ts";
import { testCatalogue, testGoal } from "./test-shop.test-helpers.ts";

const product = testCatalogue().product("B000000001");
if (product === undefined) throw new Error("no product");

function judge(
  goal: Partial<Goal>,
  options: readonly string[] = [],
  price = 10,
  changes: Partial<typeof product> = {},
) {
  const view = createProductView({ ...(product ?? never()), ...changes });
  return rewardOf({ view, price, options }, { ...testGoal, ...goal }, tagNouns);
}

function never(): never {
  throw new Error("no product");
}

describe("the reward", () => {
  it("is 1 for a purchase that has everything", () => {
    expect(judge({ options: [{ value: "navy" }] }, ["navy | white"]).reward).toBe(1);
  });

  it("is the share of attributes, options and the price that fit", () => {
    const goal = {
      attributes: ["warm light", "blue light"],
      options: [{ value: "navy" }, { value: "small" }],
    };
    expect(judge(goal, ["navy | white"], 20).reward).toBe(3 / 5);
    expect(judge(goal, ["navy | white"], 20.01).reward).toBe(2 / 5);
  });

  it("finds an attribute in title, bullets or description, in lower case only", () => {
    const hits = (attribute: string) => judge({ attributes: [attribute] }).attributeHits;
    expect(["brass desk", "light heavy", "lamp for the desk"].map(hits)).toEqual([1, 1, 1]);
    expect(["Desk lamp", "lead"].map(hits)).toEqual([0, 0]);
  });

  it("takes an option for the first colour in it, even inside a word", () => {
    expect(judge({ options: [{ value: "tan" }] }, ["rectangular"]).optionHits).toBe(1);
    expect(judge({ options: [{ value: "dark red" }] }, ["dark navy"]).optionHits).toBe(1);
  });

  it("compares a synthetic option with its name, unless its value is a colour", () => {
    expect(judge({ options: [{ name: "color", value: "red" }] }, ["red"]).optionHits).toBe(1);
    expect(judge({ options: [{ name: "size", value: "small" }] }, ["small"]).optionHits).toBe(1);
    // The benchmark reads "brown" from the chosen option and keeps the goal's own, so this goal cannot be won.
    expect(judge({ options: [{ name: "color", value: "r.brown2070" }] }, ["r.brown2070"]).optionHits).toBe(0);
  });

  it("depends on the kind of product", () => {
    const other = { query: "tables", productCategory: "Garden › Lighting" };
    const title = (...nouns: string[]) => nouns.join(" ");
    const type = (own: string, wanted: string, changes = {}) =>
      judge({ title: wanted }, [], 10, { ...other, ...changes, title: own }).type;
    expect(type("lamp desk", "lamp desk brass")).toBe(1);
    expect(type("lamp", title("lamp", "desk", "brass", "foot", "arm"))).toBe(0.5);
    expect(type("lamp", title("lamp", "desk", "brass", "foot", "arm"), { query: "desk lamps" })).toBe(1);
    expect(
      type("lamp", title("lamp", "desk", "brass", "foot", "arm"), { productCategory: "Lighting ›Home" }),
    ).toBe(1);
    expect(type("lamp", title("lamp", ..."abcdefghij".split("")), { query: "desk lamps" })).toBe(0.1);
    expect(type("chair", "lamp desk", { query: "desk lamps" })).toBe(0);
    expect(type("chair", "12 34")).toBe(0.5);
  });
});
