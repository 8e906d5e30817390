import { porterStem } from "./porter-stemmer.ts";
import { forEachWord } from "./tokenizer.ts";

const stopWords: ReadonlySet<string> = new Set(
  (
    "a an and are as at be but by for if in into is it no not of on or such " +
    "that the their then there these they this to was will with"
  ).split(" "),
);

/**
 * The index terms of a text, in order and with repetitions: Lucene's EnglishAnalyzer. Words are found by
 * `forEachWord`, lose an English possessive, are lower-cased, dropped if they are stop words, and stemmed.
 */
export function analyze(text: string): string[] {
  const terms: string[] = [];
  forEachWord(text, (start, end) => {
    const term = termOf(text.slice(start, end));
    if (term !== undefined) terms.push(term);
  });
  return terms;
}

/** The index term of one word as the tokenizer gives it; nothing for a stop word. */
export function termOf(word: string): string | undefined {
  const lower = lowerCase(withoutPossessive(word));
  return stopWords.has(lower) ? undefined : porterStem(lower);
}

function withoutPossessive(word: string): string {
  return /['\u2019\uff07][sS]$/.test(word) ? word.slice(0, -2) : word;
}

/** Lower case character by character, as Java's Character.toLowerCase: no character becomes two, and a final sigma is not special. */
function lowerCase(word: string): string {
  if (/^[\0-\x7f]*$/.test(word)) return word.toLowerCase();
  let result = "";
  for (const character of word) result += character === "\u0130" ? "i" : character.toLowerCase();
  return result;
}
