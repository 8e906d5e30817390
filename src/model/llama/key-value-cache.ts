import type { LlamaConfiguration } from "./types.ts";

/** Sequences of like length, whose keys and values stand in arrays that the attention graph can read in place. */
export interface CacheBucket {
  /** Tokens that fit into a row; a multiple of 64, see `capacityFor`. */
  readonly capacity: number;
  /** The slot in each row; rows are filled from the first without gaps. */
  readonly slots: number[];
  /** For each layer, [rows, keyValueHeads, capacity, headSize]. */
  keys: Float32Array[];
  /** Like `keys`. */
  values: Float32Array[];
}

/** Where the keys and values of a slot are. */
export interface CachePlace {
  readonly bucket: CacheBucket;
  row: number;
  length: number;
}

/** Keys and values of many sequences, kept in buckets by capacity; a sequence moves up as it grows. */
export class KeyValueCache {
  readonly #layers: number;
  readonly #heads: number;
  readonly #headSize: number;
  readonly #buckets = new Map<number, CacheBucket>();
  readonly #places: (CachePlace | undefined)[];

  constructor({ layers, keyValueHeads, headSize }: LlamaConfiguration, maximumSequences: number) {
    this.#layers = layers;
    this.#heads = keyValueHeads;
    this.#headSize = headSize;
    this.#places = new Array(maximumSequences).fill(undefined);
  }

  length(slot: number): number {
    return this.#places[slot]?.length ?? 0;
  }

  /** Makes room for a slot to hold `length` tokens, and returns where. What it held stays. */
  reserve(slot: number, length: number): CachePlace {
    const place = this.#places[slot];
    if (place !== undefined && length <= place.bucket.capacity) return place;
    const fresh = this.#occupy(slot, capacityFor(length));
    if (place !== undefined) {
      this.#copy(place, fresh, place.length);
      this.#leave(place);
    }
    this.#places[slot] = fresh;
    return fresh;
  }

  /** Writes keys and values [tokens, keyValueHeads * headSize] of one layer behind what the slot holds. */
  write(place: CachePlace, layer: number, from: { keys: Float32Array; values: Float32Array }): void {
    const width = this.#heads * this.#headSize;
    const tokens = from.keys.length / width;
    const { keys, values } = layerOf(place.bucket, layer);
    for (let head = 0; head < this.#heads; head++) {
      const offset = this.#offset(place, head);
      for (let token = 0; token < tokens; token++) {
        const source = token * width + head * this.#headSize;
        const target = offset + (place.length + token) * this.#headSize;
        for (let i = 0; i < this.#headSize; i++) {
          keys[target + i] = from.keys[source + i] ?? 0;
          values[target + i] = from.values[source + i] ?? 0;
        }
      }
    }
  }

  truncate(slot: number, length: number): void {
    const place = this.#places[slot];
    if (place === undefined) return;
    if (length > 0) {
      place.length = length;
      return;
    }
    this.#leave(place);
    this.#places[slot] = undefined;
  }

  /** Makes `toSlot` hold the first `length` tokens of `fromSlot`. */
  copyPrefix(fromSlot: number, toSlot: number, length: number): void {
    if (fromSlot === toSlot) {
      this.truncate(toSlot, length);
      return;
    }
    this.truncate(toSlot, 0);
    const from = this.#places[fromSlot];
    if (from === undefined || length === 0) return;
    const to = this.reserve(toSlot, length);
    this.#copy(from, to, length);
    to.length = length;
  }

  #offset(place: CachePlace, head: number): number {
    return (place.row * this.#heads + head) * place.bucket.capacity * this.#headSize;
  }

  #copy(from: CachePlace, to: CachePlace, length: number): void {
    for (let layer = 0; layer < this.#layers; layer++) {
      const source = layerOf(from.bucket, layer);
      const target = layerOf(to.bucket, layer);
      for (let head = 0; head < this.#heads; head++) {
        const start = this.#offset(from, head);
        const end = start + length * this.#headSize;
        const offset = this.#offset(to, head);
        target.keys.set(source.keys.subarray(start, end), offset);
        target.values.set(source.values.subarray(start, end), offset);
      }
    }
    to.length = length;
  }

  #occupy(slot: number, capacity: number): CachePlace {
    const bucket = this.#buckets.get(capacity) ?? { capacity, slots: [], keys: [], values: [] };
    this.#buckets.set(capacity, bucket);
    const row = bucket.slots.length;
    bucket.slots.push(slot);
    const rowSize = this.#heads * capacity * this.#headSize;
    if ((bucket.keys[0]?.length ?? 0) < (row + 1) * rowSize) {
      this.#forgetEmptyBuckets();
      const rows = Math.min(this.#places.length, Math.max(8, 2 * row));
      const grown = (old: readonly Float32Array[]) =>
        Array.from({ length: this.#layers }, (_, layer) => {
          const array = new Float32Array(rows * rowSize);
          array.set(old[layer] ?? []);
          return array;
        });
      bucket.keys = grown(bucket.keys);
      bucket.values = grown(bucket.values);
    }
    return { bucket, row, length: 0 };
  }

  #forgetEmptyBuckets(): void {
    for (const [capacity, { slots }] of this.#buckets) if (slots.length === 0) this.#buckets.delete(capacity);
  }

  /** Frees a row and moves the last one into the gap. */
  #leave({ bucket, row }: CachePlace): void {
    const last = bucket.slots.pop();
    if (last === undefined || row === bucket.slots.length) return;
    const moved = this.#places[last];
    if (moved === undefined) return;
    const target = { bucket, row, length: 0 };
    this.#copy(moved, target, moved.length);
    bucket.slots[row] = last;
    moved.row = row;
  }
}

/** One layer's keys and values of all rows of a bucket. */
export function layerOf(bucket: CacheBucket, layer: number): { keys: Float32Array; values: Float32Array } {
  const keys = bucket.keys[layer];
  const values = bucket.values[layer];
  if (keys === undefined || values === undefined) throw new RangeError(`no layer ${layer} in the cache`);
  return { keys, values };
}

/**
 * Room for `length` tokens: a multiple of 64, and of 128 for more than 512, so that attention computes little in vain and there
 * are few buckets. With any multiple of 64 the vector registers and blocks over which sums run are the same whatever
 * the capacity, and the padding adds exact zeros.
 */
export function capacityFor(length: number): number {
  const multiple = length > 512 ? 128 : 64;
  return Math.ceil(length / multiple) * multiple;
}
