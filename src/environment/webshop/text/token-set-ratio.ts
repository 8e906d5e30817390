import { compareCodePoints } from "../python-text.ts";
import { pythonRound } from "./python-format.ts";
import { matchingCharacters } from "./sequence-matcher.ts";

/**
 * How alike two texts are as sets of words, from 0 to 100: `token_set_ratio` of thefuzz 0.19 without
 * python-Levenshtein. The texts are cleaned; the words that both have, sorted, are compared to themselves with
 * the words that only one has; the best of the three ratios counts.
 */
export function tokenSetRatio(one: string, other: string): number {
  const oneWords = wordsOf(one);
  const otherWords = wordsOf(other);
  if (oneWords.length === 0 || otherWords.length === 0) return 0;

  const oneSet = new Set(oneWords);
  const otherSet = new Set(otherWords);
  const shared = oneWords.filter((word) => otherSet.has(word));
  // If one has no words of its own, two of the three texts are equal.
  if (shared.length === oneWords.length || shared.length === otherWords.length) return 100;

  const sharedText = shared.join(" ");
  const onlyOne = [...shared, ...oneWords.filter((word) => !otherSet.has(word))].join(" ");
  const onlyOther = [...shared, ...otherWords.filter((word) => !oneSet.has(word))].join(" ");
  let best = Math.max(ratio(sharedText, onlyOne, 0), ratio(sharedText, onlyOther, 0));
  best = Math.max(best, ratio(onlyOne, onlyOther, best));
  return best;
}

/**
 * `fuzz.ratio`: twice the share of characters in matching blocks, in percent. Gives `enough` without looking
 * for blocks where the ratio cannot be more than that.
 */
function ratio(one: string, other: string, enough: number): number {
  if (one === other) return 100;
  if (one === "" || other === "") return 0;
  const a = codePointsOf(one);
  const b = codePointsOf(other);
  const percent = (matches: number) => pythonRound(100 * ((2 * matches) / (a.length + b.length)));
  if (percent(Math.min(a.length, b.length)) <= enough) return enough;
  if (percent(sharedCharacters(a, b)) <= enough) return enough;
  return percent(matchingCharacters(a, b));
}

function codePointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/** The size of the intersection of two multisets, never less than what blocks can match. */
function sharedCharacters(a: readonly number[], b: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const character of b) counts.set(character, (counts.get(character) ?? 0) + 1);
  let shared = 0;
  for (const character of a) {
    const left = counts.get(character) ?? 0;
    if (left === 0) continue;
    counts.set(character, left - 1);
    shared++;
  }
  return shared;
}

/** A reward compares the same few texts again and again; this many are kept cleaned and split. */
const memorySize = 10_000;
const memory = new Map<string, readonly string[]>();

/** The distinct words of a text in sorted order, after thefuzz's cleaning. */
function wordsOf(text: string): readonly string[] {
  const known = memory.get(text);
  if (known !== undefined) return known;
  const cleaned = text
    .replace(/[\x80-\xff]/g, "")
    .replace(/[^\p{L}\p{N}_]/gu, " ")
    .toLowerCase();
  const words = [...new Set(cleaned.split(/\s+/).filter((word) => word !== ""))].sort(compareCodePoints);
  if (memory.size >= memorySize) memory.clear();
  memory.set(text, words);
  return words;
}
