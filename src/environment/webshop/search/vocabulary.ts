import { termOf } from "./analyzer.ts";
import { forEachWord } from "./tokenizer.ts";

/** The terms of an index, numbered from 0 in the order of their first occurrence. */
export interface Vocabulary {
  readonly size: number;
  /** The number of a term that occurs in the index. */
  find(term: string): number | undefined;
}

export interface VocabularyBuilder extends Vocabulary {
  /** Analyzes the text, as `analyze` does, and visits the number of each term, new ones included. */
  forEachTerm(text: string, visit: (term: number) => void): void;
  /** What is needed after the last text. */
  finish(): Vocabulary;
}

/** Marks words that are no terms: stop words. */
const dropped = -1;
/** Words whose term is remembered; beyond this a word is analyzed each time it occurs. */
const memorySize = 1 << 20;

export function createVocabularyBuilder(): VocabularyBuilder {
  const terms = new Map<string, number>();
  const words = new Map<string, number>();

  const numberOf = (word: string): number => {
    const term = termOf(word);
    if (term === undefined) return dropped;
    const known = terms.get(term);
    if (known !== undefined) return known;
    terms.set(copyOf(term), terms.size);
    return terms.size - 1;
  };
  const find = (term: string) => terms.get(term);
  return {
    get size() {
      return terms.size;
    },
    find,
    forEachTerm(text, visit) {
      forEachWord(text, (start, end) => {
        const word = text.slice(start, end);
        let term = words.get(word);
        if (term === undefined) {
          term = numberOf(word);
          if (words.size < memorySize) words.set(copyOf(word), term);
        }
        if (term !== dropped) visit(term);
      });
    },
    finish: () => ({ size: terms.size, find }),
  };
}

/** A string of its own: V8's substrings keep the whole text alive that they were cut from. */
function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
