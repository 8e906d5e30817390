/**
 * A map from words to numbers that is asked with a stretch of a text, so that no string is made for it. Indexing asks
 * it once for every word of a catalogue; a Map of strings takes several times as long.
 */
export interface WordTable {
  readonly size: number;
  /** The number of the word `text.slice(start, end)`, or `absent`. */
  find(text: string, start: number, end: number): number;
  /** Adds a word that is not there yet, shorter than 65,536 units. `value` is a signed 32-bit integer. */
  add(text: string, start: number, end: number, value: number): void;
}

/** No word has this number. */
export const absent = -(2 ** 31);

/** Before a word's units in `records`: its length and the halves of its number. */
const headerLength = 3;

export function createWordTable(): WordTable {
  let size = 0;
  // Open addressing: at 2s the hash, at 2s + 1 the place in `records`, or 0 for an empty slot.
  let slots = new Int32Array(2 ** 13);
  let mask = slots.length / 2 - 1;
  let records = new Uint16Array(2 ** 14);
  let used = headerLength;

  const isAt = (place: number, text: string, start: number, end: number): boolean => {
    if (records[place] !== end - start) return false;
    const shift = place + headerLength - start;
    for (let index = start; index < end; index++) {
      if (records[index + shift] !== text.charCodeAt(index)) return false;
    }
    return true;
  };
  const find = (text: string, start: number, end: number): number => {
    const hash = hashOf(text, start, end);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = slots[2 * slot + 1] ?? 0;
      if (place === 0) return absent;
      if (slots[2 * slot] === hash && isAt(place, text, start, end)) {
        return (records[place + 1] ?? 0) | ((records[place + 2] ?? 0) << 16);
      }
    }
  };
  const put = (hash: number, place: number): void => {
    let slot = hash & mask;
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = place;
  };
  const growSlots = (): void => {
    const old = slots;
    slots = new Int32Array(old.length * 2);
    mask = slots.length / 2 - 1;
    for (let index = 0; index < old.length; index += 2) {
      if (old[index + 1] !== 0) put(old[index] ?? 0, old[index + 1] ?? 0);
    }
  };
  return {
    get size() {
      return size;
    },
    find,
    add(text, start, end, value) {
      const length = end - start;
      while (used + headerLength + length > records.length) {
        const larger = new Uint16Array(records.length * 2);
        larger.set(records);
        records = larger;
      }
      // At most half of the slots are taken.
      if (4 * size >= slots.length) growSlots();
      const place = used;
      records[place] = length;
      records[place + 1] = value;
      records[place + 2] = value >>> 16;
      for (let index = 0; index < length; index++) {
        records[place + headerLength + index] = text.charCodeAt(start + index);
      }
      used += headerLength + length;
      put(hashOf(text, start, end), place);
      size++;
    },
  };
}

/** FNV-1a over UTF-16 units, mixed so that the low bits depend on all. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash ^ (hash >>> 15);
}
