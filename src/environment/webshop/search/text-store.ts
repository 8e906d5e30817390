/**
 * Texts by key, kept as UTF-8 outside the JavaScript heap: about one byte a character and no work for the garbage
 * collector. A surrogate without its partner does not survive; JSON text never has one.
 */
export interface TextStore {
  readonly size: number;
  has(key: string): boolean;
  /** Adds a text. Throws a RangeError if the key is there already. */
  add(key: string, text: string): void;
  get(key: string): string | undefined;
  /** The keys in the order they were added. */
  keys(): Iterable<string>;
}

/** Texts lie in blocks of this many bytes; a longer text gets a block of its own. */
const blockSize = 2 ** 24;
/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const bytesPerUnit = 3;

export function createTextStore(): TextStore {
  const blocks: Buffer[] = [];
  /** By key, its place in `starts` and `ends`. */
  const places = new Map<string, number>();
  /** The block's number times 2^32 plus the offset in the block; `ends` has the offset behind the text alone. */
  const starts: number[] = [];
  const ends: number[] = [];
  let block = Buffer.alloc(0);
  let used = 0;
  return {
    get size() {
      return places.size;
    },
    has: (key) => places.has(key),
    keys: () => places.keys(),
    add(key, text) {
      if (places.has(key)) throw new RangeError(`there is already a text with the key ${key}`);
      if (blocks.length === 0 || block.length - used < text.length * bytesPerUnit) {
        block = Buffer.allocUnsafeSlow(Math.max(blockSize, text.length * bytesPerUnit));
        blocks.push(block);
        used = 0;
      }
      const length = block.write(text, used);
      places.set(key, starts.length);
      starts.push((blocks.length - 1) * 2 ** 32 + used);
      used += length;
      ends.push(used);
    },
    get(key) {
      const place = places.get(key);
      if (place === undefined) return undefined;
      const start = starts[place] ?? 0;
      return blocks[Math.floor(start / 2 ** 32)]?.toString("utf8", start % 2 ** 32, ends[place]);
    },
  };
}
