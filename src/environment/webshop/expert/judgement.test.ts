import { describe, expect, it } from "vitest";
import { parseInstruction } from "./instruction.ts";
import { isNearMiss, objections } from "./judgement.ts";

const wish = parseInstruction(
  "Find me easy clean, water resistant desk lamps with usb port, and price lower than 40.00 dollars",
);

describe("a title and a price are judged", () => {
  it("word for word, with the phrases in any order", () => {
    expect(objections(wish, "Solo water resistant easy clean desk lamps with usb port", 39.99)).toEqual([]);
    expect(
      objections(wish, "Solo water resistant desk lamps, easy to clean, with usb port", 39.99),
    ).toContain("easy clean");
    expect(objections(wish, "Solo water resistant easy clean floor lamps with usb port", 40)).toEqual([
      "desk lamps",
      "price",
    ]);
  });

  it("loosely, by the share of words in common, for real titles", () => {
    const title = "SOLO Desk Lamp, LED Reading Light w/ USB, Dimmable";
    expect(objections(wish, title, 12.5)).not.toEqual([]);
    expect(objections(wish, title, 12.5, 0.3)).toEqual([]);
    expect(objections(wish, title, 45, 0.3)).toEqual(["price"]);
    expect(objections(wish, "Wool socks for men, 6 pairs", 12.5, 0.3)).toEqual(["desk lamps"]);
  });

  it("as a near miss if one thing is wrong and it is not the type", () => {
    expect(isNearMiss(wish, ["price"])).toBe(true);
    expect(isNearMiss(wish, ["easy clean"])).toBe(true);
    expect(isNearMiss(wish, ["desk lamps"])).toBe(false);
    expect(isNearMiss(wish, ["easy clean", "price"])).toBe(false);
    expect(isNearMiss(wish, [])).toBe(false);
  });
});
