/**
 * The character classes that decide where words begin and end: the Word_Break property of Unicode Standard
 * Annex #29 by its definition, as of Unicode 9 (the version Lucene's tokenizer names), plus the classes that
 * Lucene adds for scripts without spaces.
 */
export const wordClass = {
  other: 0,
  letter: 1,
  hebrewLetter: 2,
  numeric: 3,
  katakana: 4,
  /** The underscore and its like: joins letters, digits and katakana. */
  connector: 5,
  /** Joins two letters if it stands alone between them. */
  midLetter: 6,
  /** Joins two digits. */
  midNumber: 7,
  /** Joins two letters or two digits. */
  midBoth: 8,
  singleQuote: 9,
  doubleQuote: 10,
  /** Combining marks and invisible format characters: they belong to the character before them. */
  extend: 11,
  /** A single one is a word. */
  ideograph: 12,
  /** Thai, Lao, Khmer, Burmese and others: a run of them is a word. */
  southEastAsian: 13,
} as const;

const southEastAsianScripts = [
  "Thai",
  "Lao",
  "Myanmar",
  "Khmer",
  "Tai_Le",
  "New_Tai_Lue",
  "Tai_Tham",
  "Tai_Viet",
  "Ahom",
]
  .map((script) => `\\p{Script=${script}}`)
  .join("");
/** Symbols of these scripts that have the line-breaking class Complex_Context although they are not letters. */
const southEastAsianSymbols =
  "\\u109e\\u109f\\u19da\\u19de\\u19df\\u1aa0-\\u1aa6\\u1aa8-\\u1aad\\uaa77-\\uaa79\\uaade\\uaadf\\u{1173a}\\u{1173b}\\u{1173f}";
const southEastAsian = new RegExp(
  `^(?!\\u1a7f)[[[${southEastAsianScripts}]&&[\\p{L}\\p{M}]]${southEastAsianSymbols}]$`,
  "v",
);
const katakana = /^[\p{Script=Katakana}\u3031-\u3035\u309b\u309c\u30a0\u30fc\uff70]$/v;
const hebrewLetter = /^[\p{Script=Hebrew}&&\p{Lo}]$/v;
const extend = /^[[\p{Grapheme_Extend}\p{Mc}\p{Cf}\u200d]--[\u200b]]$/v;
const numeric = /^[\p{Nd}\u066b]$/v;
const letter = /^[[\p{Alphabetic}\u05f3]--[\p{Ideographic}\p{Script=Hiragana}]]$/v;
const ideograph = /^[\p{Script=Han}\p{Script=Hiragana}]$/v;
const midLetter = new Set(":\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a");
const midBoth = new Set(".\u2018\u2019\u2024\ufe52\uff07\uff0e");
const midNumber = new Set(",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b");

function classify(character: string): number {
  if (character === "'") return wordClass.singleQuote;
  if (character === '"') return wordClass.doubleQuote;
  if (midLetter.has(character)) return wordClass.midLetter;
  if (midBoth.has(character)) return wordClass.midBoth;
  if (midNumber.has(character)) return wordClass.midNumber;
  if (/^[\p{Pc}\u202f]$/v.test(character)) return wordClass.connector;
  // Before marks: a run of Thai includes its vowel signs.
  if (southEastAsian.test(character)) return wordClass.southEastAsian;
  if (extend.test(character)) return wordClass.extend;
  if (hebrewLetter.test(character)) return wordClass.hebrewLetter;
  if (katakana.test(character)) return wordClass.katakana;
  if (numeric.test(character)) return wordClass.numeric;
  if (letter.test(character)) return wordClass.letter;
  if (ideograph.test(character)) return wordClass.ideograph;
  return wordClass.other;
}

/** Classes by code point, each plus one; 0 where it was not asked for yet. */
const known = new Uint8Array(0x110000);

/** The class of a code point, one of `wordClass`. */
export function wordClassOf(codePoint: number): number {
  const found = known[codePoint] ?? 0;
  if (found > 0) return found - 1;
  const result = classify(String.fromCodePoint(codePoint));
  known[codePoint] = result + 1;
  return result;
}
