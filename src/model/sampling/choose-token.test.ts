import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../random.ts";
import { chooseToken, likeliestTokens, type TokenConstraint } from "./choose-token.ts";

const free: TokenConstraint = { kind: "not", tokens: [] };

/** How often each token is drawn, as a part of all draws. */
function frequencies(logits: number[], temperature: number, constraint: TokenConstraint): number[] {
  const random = createRandom(5);
  const counts = logits.map(() => 0);
  const draws = 20_000;
  for (let i = 0; i < draws; i++) {
    const { token } = chooseToken(Float32Array.from(logits), temperature, random.next(), constraint);
    counts[token] = (counts[token] ?? 0) + 1 / draws;
  }
  return counts;
}

function softmax(logits: number[]): number[] {
  const exponentials = logits.map(Math.exp);
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / total);
}

describe("choosing a token", () => {
  const logits = [1, -0.5, 2, 0];

  it.each([
    [1, free, softmax(logits)],
    [0.5, free, softmax(logits.map((logit) => logit / 0.5))],
    [1, { kind: "not", tokens: [2] }, softmax([1, -0.5, -Infinity, 0])],
    [1, { kind: "not", tokens: [1] }, softmax([1, -Infinity, 2, 0])],
    [2, { kind: "only", tokens: [1, 3] }, softmax([-Infinity, -0.25, -Infinity, 0])],
  ] as const)("follows the softmax at temperature %d under %j", (temperature, constraint, expected) => {
    for (const [token, frequency] of frequencies(logits, temperature, constraint).entries()) {
      expect(frequency).toBeCloseTo(expected[token] ?? Number.NaN, 1.7);
    }
  });

  it("takes the largest allowed logit at temperature 0, of equal ones the first", () => {
    expect(chooseToken(Float32Array.of(1, 3, 3), 0, 0.9, free).token).toBe(1);
    expect(chooseToken(Float32Array.of(1, 3, 3), 0, 0.9, { kind: "not", tokens: [1] }).token).toBe(2);
    expect(chooseToken(Float32Array.of(1, 3, 3), 0, 0.9, { kind: "only", tokens: [0] }).token).toBe(0);
  });

  it("tells the log-probability at temperature 1 among all tokens, whatever was allowed", () => {
    const expected = softmax(logits);
    for (const temperature of [0, 0.3, 1]) {
      for (let only = 0; only < 4; only++) {
        const chosen = chooseToken(Float32Array.from(logits), temperature, 0.4, {
          kind: "only",
          tokens: [only],
        });
        expect(chosen.token).toBe(only);
        expect(chosen.logProbability).toBeCloseTo(Math.log(expected[only] ?? Number.NaN), 12);
      }
    }
  });

  it("always gives a token that is allowed, however far apart the logits are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 2, maxLength: 8 }),
        fc.nat(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.constantFrom(0, 0.1, 1, 3),
        (values, pick, draw, temperature) => {
          const token = pick % values.length;
          const scores = Float32Array.from(values);
          expect(chooseToken(scores, temperature, draw, { kind: "only", tokens: [token] }).token).toBe(token);
          const other = chooseToken(scores, temperature, draw, { kind: "not", tokens: [token] }).token;
          expect(other).not.toBe(token);
          expect(other).toBeLessThan(values.length);
        },
      ),
    );
  });

  it("refuses logits that are not numbers, and a constraint that leaves nothing", () => {
    expect(() => chooseToken(Float32Array.of(1, Number.NaN), 1, 0.5, free)).toThrow("not a number");
    expect(() => chooseToken(Float32Array.of(1), 1, 0.5, { kind: "only", tokens: [] })).toThrow("no token");
  });

  it("lists the likeliest tokens with the log-probabilities they would be chosen with", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 25 }),
        (values, count) => {
          const scores = Float32Array.from(values);
          const sorted = [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
          // Ids that no token has are left out, but their probability counts.
          const isToken = (id: number) => id % 3 !== 2;
          expect(likeliestTokens(scores, count, isToken)).toEqual(
            sorted
              .filter(isToken)
              .slice(0, count)
              .map((token) => chooseToken(scores, 0, 0, { kind: "only", tokens: [token] })),
          );
        },
      ),
    );
  });
});
