import { createHash } from "node:crypto";

/** A seeded stream of random numbers. Two streams of the same seed are equal on every machine. */
export interface Random {
  /** A float in [0, 1) with 32 bits of randomness. */
  next(): number;
  /** An integer in [0, bound). `bound` is at least 1. */
  integer(bound: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One element of a non-empty list. Throws a RangeError for an empty one. */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** The first `count` elements of a shuffled copy. */
  sample<T>(items: readonly T[], count: number): T[];
  /** A standard normal number (Box-Muller, one of the pair). */
  normal(): number;
}

/** An unsigned 32-bit seed from any list of parts. Each part is delimited, so ("a", "bc") and ("ab", "c") differ. */
export function deriveSeed(...parts: readonly (string | number)[]): number {
  return createHash("sha256").update(JSON.stringify(parts)).digest().readUInt32LE(0);
}

/** The sfc32 generator (Doty-Humphrey's PractRand, "small fast counting", 32 bits), seeded by one number. */
export function createRandom(seed: number): Random {
  let a = 0;
  let b = seed >>> 0;
  let c = Math.floor(seed / 2 ** 32) >>> 0;
  let counter = 1;
  const nextUint32 = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) nextUint32();

  const next = () => nextUint32() / 2 ** 32;
  const integer = (bound: number) => Math.floor(next() * bound);
  const shuffle = <T>(items: readonly T[]): T[] => {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      const swapped = result[i] as T;
      result[i] = result[j] as T;
      result[j] = swapped;
    }
    return result;
  };
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError("cannot pick from an empty list");
      return items[integer(items.length)] as (typeof items)[number];
    },
    shuffle,
    sample: (items, count) => shuffle(items).slice(0, count),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
