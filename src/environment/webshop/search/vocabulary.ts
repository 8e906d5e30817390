import { termOf } from "./analyzer.ts";
import { forEachWord } from "./tokenizer.ts";
import { absent, createWordTable } from "./word-table.ts";

/** The terms of an index, numbered from 0 in the order of their first occurrence. */
export interface Vocabulary {
  readonly size: number;
  /** The number of a term that occurs in the index. */
  find(term: string): number | undefined;
}

export interface VocabularyBuilder {
  /** Analyzes the text, as `analyze` does, and visits the number of each term, new ones included. */
  forEachTerm(text: string, visit: (term: number) => void): void;
  /** The terms of all texts so far. */
  finish(): Vocabulary;
}

/** Marks words that are no terms: stop words. */
const dropped = -1;
/** Words whose term is remembered; beyond this a new word is analyzed each time it occurs. */
const memorySize = 2 ** 22;

export function createVocabularyBuilder(): VocabularyBuilder {
  const terms = new Map<string, number>();
  const words = createWordTable();

  const numberOf = (word: string): number => {
    const term = termOf(word);
    if (term === undefined) return dropped;
    const known = terms.get(term);
    if (known !== undefined) return known;
    terms.set(copyOf(term), terms.size);
    return terms.size - 1;
  };
  return {
    forEachTerm(text, visit) {
      forEachWord(text, (start, end) => {
        let term = words.find(text, start, end);
        if (term === absent) {
          term = numberOf(text.slice(start, end));
          if (words.size < memorySize) words.add(text, start, end, term);
        }
        if (term !== dropped) visit(term);
      });
    },
    finish: () => ({ size: terms.size, find: (term) => terms.get(term) }),
  };
}

/**
 * A string of its own: V8's substrings keep the whole text alive that they were cut from. One byte a character where
 * that is enough, because strings of two bytes are slow to compare with those of one.
 */
function copyOf(text: string): string {
  const encoding = /^[\0-\xff]*$/.test(text) ? "latin1" : "utf16le";
  return Buffer.from(text, encoding).toString(encoding);
}
