import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hasRealData, readRealData } from "../search/real-data.test-helpers.ts";
import { matchingCharacters } from "./sequence-matcher.ts";
import { tokenSetRatio } from "./token-set-ratio.ts";

function matching(one: string, other: string): number {
  const codes = (text: string) => Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return matchingCharacters(codes(one), codes(other));
}

describe("matching characters", () => {
  it.each([
    ["abcd", "bcde", 3],
    ["private thought", "private volunteer", 9],
    ["", "abc", 0],
  ])("%j and %j share %i, as difflib counts", (one, other, expected) => {
    expect(matching(one, other)).toBe(expected);
  });

  it("characters that are popular in a long text begin no block", () => {
    expect(matching("ab".repeat(120), "ba".repeat(120))).toBe(0);
    expect(matching("ab".repeat(90), "ba".repeat(90))).toBe(179);
  });
});

describe("the token set ratio", () => {
  it("does not care for order, repetition, case and punctuation", () => {
    expect(tokenSetRatio("Blue, wool; SCARF", "scarf (wool) blue blue")).toBe(100);
  });

  it("is 100 if one text has all words of the other", () => {
    expect(tokenSetRatio("blue", "navy blue")).toBe(100);
  });

  it("is 0 if a text has no words", () => {
    expect(tokenSetRatio("", "")).toBe(0);
    expect(tokenSetRatio("!?", "blue")).toBe(0);
  });

  it("drops Latin letters with accents, but keeps other scripts", () => {
    expect(tokenSetRatio("crème", "crme")).toBe(100);
    expect(tokenSetRatio("дом", "дым")).toBe(67);
  });

  it("stays between 0 and 100, and is 100 for a text with words against itself", () => {
    const words = fc.array(fc.constantFrom("red", "reed", "blue", "b"), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(words, words, (one, other) => {
        const ratio = tokenSetRatio(one.join(" "), other.join(" "));
        expect(Number.isInteger(ratio) && ratio >= 0 && ratio <= 100).toBe(true);
        expect(tokenSetRatio(one.join(" "), one.join("  "))).toBe(100);
      }),
    );
  });

  it.skipIf(!hasRealData)("equals thefuzz on every recorded pair", () => {
    const pairs = z.array(z.tuple([z.string(), z.string(), z.number(), z.number()]));
    const recorded = pairs.parse(JSON.parse(readRealData("token_set_ratio.json")));
    expect(recorded.length).toBeGreaterThan(0);
    for (const [one, other, expected] of recorded) {
      expect({ one, other, ratio: tokenSetRatio(one, other) }).toEqual({ one, other, ratio: expected });
    }
  });
});
