import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../random.ts";
import { chooseToken } from "./choose-token.ts";
import { keptTokens, type Truncation } from "./truncation.ts";

/** The probabilities 0.1, 0.4, 0.2 and 0.3. */
const logits = Float32Array.from([0.1, 0.4, 0.2, 0.3], Math.log);
const kept = (truncation: Truncation, temperature = 1, of = logits) =>
  keptTokens(of, temperature, truncation);

describe("a truncation", () => {
  it.each<[Truncation, number[]]>([
    [{}, [0, 1, 2, 3]],
    [{ topK: 1 }, [1]],
    [{ topK: 3 }, [1, 2, 3]],
    [{ topK: 9 }, [0, 1, 2, 3]],
    [{ topP: 0 }, [1]],
    [{ topP: 0.39 }, [1]],
    [{ topP: 0.41 }, [1, 3]],
    [{ topP: 0.71 }, [1, 2, 3]],
    [{ topP: 1 }, [0, 1, 2, 3]],
    [{ minP: 0.26 }, [1, 2, 3]],
    [{ minP: 0.51 }, [1, 3]],
    [{ minP: 1 }, [1]],
    // Of the three that are kept, the two likeliest have 7/9 of the probability.
    [{ topK: 3, topP: 0.76 }, [1, 3]],
    [{ topK: 3, topP: 0.79 }, [1, 2, 3]],
    [{ topK: 3, topP: 0.79, minP: 0.6 }, [1, 3]],
  ])("%j keeps %j", (truncation, expected) => expect(kept(truncation)).toEqual(expected));

  it("counts in the probabilities at the temperature", () => {
    expect(kept({ topP: 0.6 }, 1)).toEqual([1, 3]);
    expect(kept({ topP: 0.6 }, 0.3)).toEqual([1]);
    expect(kept({ minP: 0.5 }, 0.3)).toEqual([1]);
    expect(kept({ minP: 0.5 }, 3)).toEqual([0, 1, 2, 3]);
  });

  it("keeps the first of equally likely tokens, and none that may not be chosen", () => {
    const equal = Float32Array.of(1, 2, 2, 2, Number.NEGATIVE_INFINITY);
    expect(kept({ topK: 2 }, 1, equal)).toEqual([1, 2]);
    expect(kept({ topK: 5 }, 1, equal)).toEqual([0, 1, 2, 3]);
  });

  it("keeps the likeliest tokens, never none", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, topK, topP, minP) => {
          const tokens = kept({ topK, topP, minP }, 2, Float32Array.from(values));
          const left = values.filter((_, token) => !tokens.includes(token));
          const least = Math.min(...tokens.map((token) => values[token] ?? Number.NaN));
          expect(tokens.length).toBeGreaterThan(0);
          expect(tokens.length).toBeLessThanOrEqual(topK);
          expect(Math.max(...left, Number.NEGATIVE_INFINITY)).toBeLessThanOrEqual(least);
        },
      ),
    );
  });
});

describe("drawing under a truncation", () => {
  it("is in proportion among what is kept and may be chosen, and tells the probability among all", () => {
    const random = createRandom(5);
    const counts = [0, 0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const constraint = { kind: "not", tokens: [1] } as const;
      const { token, logProbability } = chooseToken(logits, 1, random.next(), constraint, { topK: 2 });
      counts[token] = (counts[token] ?? 0) + 1 / draws;
      expect(logProbability).toBeCloseTo(logits[token] ?? Number.NaN, 6);
    }
    for (const [token, part] of [0, 0, 0.4, 0.6].entries()) expect(counts[token]).toBeCloseTo(part, 1.7);
  });

  it("changes nothing at temperature 0", () => {
    expect(chooseToken(logits, 0, 0.9, { kind: "not", tokens: [1] }, { topK: 1 }).token).toBe(3);
  });
});
