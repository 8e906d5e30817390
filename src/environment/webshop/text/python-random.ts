/** CPython's `random.Random`: the part of it that WebShop's data depends on. */
export interface PythonRandom {
  /** 32 random bits, the generator's raw output. */
  nextUint32(): number;
  /** `random.random()`: a float in [0, 1) with 53 bits. */
  random(): number;
  /** An integer in [0, bound), drawn as `random.randrange(bound)` does. `bound` is in [1, 2^32]. */
  below(bound: number): number;
  /** `random.shuffle(items)`, in place. */
  shuffle<T>(items: T[]): void;
  /** `random.sample(items, count)`. Throws a RangeError if there are fewer than `count` items. */
  sample<T>(items: readonly T[], count: number): T[];
}

const stateSize = 624;
const shiftSize = 397;

/**
 * A generator in the state that `random.seed(seed)` leaves it in: MT19937 (Matsumoto and Nishimura 1998),
 * initialised by the array of the seed's 32-bit digits. `seed` is an integer; its sign is ignored.
 */
export function createPythonRandom(seed: number): PythonRandom {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`the seed must be a safe integer, got ${seed}`);
  const state = initialState(Math.abs(seed));
  let position = stateSize;

  const nextUint32 = (): number => {
    if (position === stateSize) {
      twist(state);
      position = 0;
    }
    let y = state[position++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  };
  const random = () => ((nextUint32() >>> 5) * 2 ** 26 + (nextUint32() >>> 6)) / 2 ** 53;
  const below = (bound: number): number => {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32)) {
      throw new RangeError(`the bound must be an integer in [1, 2^32], got ${bound}`);
    }
    // As many bits as the bound itself has; draws at or above it are thrown away.
    const bits = bound === 2 ** 32 ? 33 : 32 - Math.clz32(bound);
    for (;;) {
      const low = nextUint32();
      const value = bits <= 32 ? low >>> (32 - bits) : low + (nextUint32() >>> 31) * 2 ** 32;
      if (value < bound) return value;
    }
  };
  return {
    nextUint32,
    random,
    below,
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) swap(items, i, below(i + 1));
    },
    sample: (items, count) => sample(items, count, below),
  };
}

function initialState(seed: number): Uint32Array {
  const key = seed < 2 ** 32 ? [seed] : [seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
  const state = new Uint32Array(stateSize);
  const at = (index: number) => state[index] ?? 0;
  const mix = (previous: number) => previous ^ (previous >>> 30);
  state[0] = 19650218;
  for (let i = 1; i < stateSize; i++) state[i] = Math.imul(1812433253, mix(at(i - 1))) + i;

  let i = 1;
  let j = 0;
  const advance = () => {
    if (++i < stateSize) return;
    state[0] = at(stateSize - 1);
    i = 1;
  };
  for (let step = 0; step < stateSize; step++) {
    state[i] = (at(i) ^ Math.imul(mix(at(i - 1)), 1664525)) + (key[j] ?? 0) + j;
    advance();
    j = (j + 1) % key.length;
  }
  for (let step = 0; step < stateSize - 1; step++) {
    state[i] = (at(i) ^ Math.imul(mix(at(i - 1)), 1566083941)) - i;
    advance();
  }
  state[0] = 0x80000000;
  return state;
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < stateSize; i++) {
    const y = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % stateSize] ?? 0) & 0x7fffffff);
    state[i] = (state[(i + shiftSize) % stateSize] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}

/** CPython keeps a pool of what is left for small populations, and a set of what was taken for large ones. */
function sample<T>(items: readonly T[], count: number, below: (bound: number) => number): T[] {
  if (!(count >= 0 && count <= items.length)) {
    throw new RangeError(`cannot sample ${count} of ${items.length} items`);
  }
  const poolLimit = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
  if (items.length <= poolLimit) {
    const pool = [...items];
    const result: T[] = [];
    for (let i = 0; i < count; i++) {
      const last = items.length - i - 1;
      swap(pool, below(last + 1), last);
      result.push(...pool.slice(last, last + 1));
    }
    return result;
  }
  const taken = new Set<number>();
  while (taken.size < count) taken.add(below(items.length));
  return [...taken].map((index) => items[index] as T);
}

function swap<T>(items: T[], first: number, second: number): void {
  const kept = items[first] as T;
  items[first] = items[second] as T;
  items[second] = kept;
}
