/** A piece of text as token ids, and how often it occurs. */
export interface Word {
  ids: number[];
  readonly count: number;
}

/** How often each pair of neighbouring tokens occurs, kept up to date while pairs are merged. */
export class PairCounts {
  readonly #words: readonly Word[];
  readonly #counts = new Map<number, number>();
  readonly #wordsWith = new Map<number, Set<number>>();

  constructor(words: readonly Word[]) {
    this.#words = words;
    for (const index of words.keys()) this.#count(index, 1);
  }

  mostFrequent(): { left: number; right: number; count: number } | undefined {
    let bestKey = -1;
    let bestCount = 0;
    for (const [key, count] of this.#counts) {
      if (count > bestCount || (count === bestCount && key < bestKey)) {
        bestKey = key;
        bestCount = count;
      }
    }
    if (bestKey < 0) return undefined;
    return { left: Math.floor(bestKey / pairBase), right: bestKey % pairBase, count: bestCount };
  }

  merge(left: number, right: number, merged: number): void {
    for (const index of [...(this.#wordsWith.get(left * pairBase + right) ?? [])]) {
      const word = this.#words[index];
      if (word === undefined) continue;
      this.#count(index, -1);
      const ids: number[] = [];
      for (let i = 0; i < word.ids.length; i++) {
        const id = word.ids[i] ?? 0;
        if (id === left && word.ids[i + 1] === right) {
          ids.push(merged);
          i++;
        } else {
          ids.push(id);
        }
      }
      word.ids = ids;
      this.#count(index, 1);
    }
  }

  #count(index: number, sign: 1 | -1): void {
    const word = this.#words[index];
    if (word === undefined) return;
    for (let i = 1; i < word.ids.length; i++) {
      const key = (word.ids[i - 1] ?? 0) * pairBase + (word.ids[i] ?? 0);
      const count = (this.#counts.get(key) ?? 0) + sign * word.count;
      let indices = this.#wordsWith.get(key);
      if (indices === undefined) {
        indices = new Set();
        this.#wordsWith.set(key, indices);
      }
      if (sign > 0) indices.add(index);
      else indices.delete(index);
      if (count > 0) {
        this.#counts.set(key, count);
      } else {
        this.#counts.delete(key);
        this.#wordsWith.delete(key);
      }
    }
  }
}

/** A pair of ids as one number: left * pairBase + right, so that numbers order as pairs do. */
const pairBase = 2 ** 24;
