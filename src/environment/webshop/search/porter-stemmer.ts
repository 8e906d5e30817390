/**
 * The Porter stemmer (M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980), with the two
 * departures of its author's own later programs, which Lucene follows: "-bli" becomes "-ble" (not "-abli" to
 * "-able"), and "-logi" becomes "-log". Words of one or two UTF-16 units are left alone.
 */

type Rule = readonly [suffix: string, replacement: string];

/** Steps 2 and 3 of the paper: the first suffix that fits decides, and is replaced if the stem's measure is over 0. */
const doubleSuffixes: readonly Rule[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["logi", "log"],
];
const singleSuffixes: readonly Rule[] = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];
/** Step 4: removed if the stem's measure is over 1. "-ion" needs an s or t before it. */
const residualSuffixes: readonly string[] = [
  "al",
  "ance",
  "ence",
  "er",
  "ic",
  "able",
  "ible",
  "ant",
  "ement",
  "ment",
  "ent",
  "sion",
  "tion",
  "ou",
  "ism",
  "ate",
  "iti",
  "ous",
  "ive",
  "ize",
];

/** The stem of a lower-case word. */
export function porterStem(word: string): string {
  if (word.length <= 2) return word;
  let stem = removePlural(word);
  stem = removePastAndGerund(stem);
  if (stem.endsWith("y") && hasVowel(stem.slice(0, -1))) stem = `${stem.slice(0, -1)}i`;
  stem = replaceSuffix(stem, doubleSuffixes);
  stem = replaceSuffix(stem, singleSuffixes);
  stem = removeResidualSuffix(stem);
  return tidyEnding(stem);
}

function removePlural(word: string): string {
  if (!word.endsWith("s")) return word;
  if (word.endsWith("sses") || word.endsWith("ies")) return word.slice(0, -2);
  return word.endsWith("ss") ? word : word.slice(0, -1);
}

function removePastAndGerund(word: string): string {
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const length = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0;
  if (length === 0) return word;
  const stem = word.slice(0, -length);
  if (!hasVowel(stem)) return word;
  if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) return `${stem}e`;
  if (endsInDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsConsonantVowelConsonant(stem) ? `${stem}e` : stem;
}

function replaceSuffix(word: string, rules: readonly Rule[]): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return measure(stem) > 0 ? stem + replacement : word;
  }
  return word;
}

function removeResidualSuffix(word: string): string {
  for (const suffix of residualSuffixes) {
    if (!word.endsWith(suffix)) continue;
    const kept = suffix === "sion" || suffix === "tion" ? 1 : 0;
    const stem = word.slice(0, word.length - suffix.length + kept);
    return measure(stem) > 1 ? stem : word;
  }
  return word;
}

function tidyEnding(word: string): string {
  const size = measure(word);
  let stem = word;
  if (word.endsWith("e")) {
    const shorter = word.slice(0, -1);
    if (size > 1 || (size === 1 && !endsConsonantVowelConsonant(shorter))) stem = shorter;
  }
  return stem.endsWith("l") && size > 1 && endsInDoubleConsonant(stem) ? stem.slice(0, -1) : stem;
}

/** Every character but a, e, i, o, u counts as a consonant, and y does at the start or after a vowel. */
function isConsonant(word: string, index: number): boolean {
  switch (word.charAt(index)) {
    case "a":
    case "e":
    case "i":
    case "o":
    case "u":
      return false;
    case "y": {
      // A run of y alternates, counted from its first, which is decided by what stands before it.
      let first = index;
      while (first > 0 && word.charAt(first - 1) === "y") first--;
      const firstIsConsonant = first === 0 || "aeiou".includes(word.charAt(first - 1));
      return (index - first) % 2 === 0 ? firstIsConsonant : !firstIsConsonant;
    }
    default:
      return true;
  }
}

/** The paper's m: how often a vowel sequence is followed by a consonant sequence. */
function measure(word: string): number {
  let count = 0;
  let afterVowel = false;
  for (let index = 0; index < word.length; index++) {
    const consonant = isConsonant(word, index);
    if (consonant && afterVowel) count++;
    afterVowel = !consonant;
  }
  return count;
}

function hasVowel(word: string): boolean {
  for (let index = 0; index < word.length; index++) if (!isConsonant(word, index)) return true;
  return false;
}

function endsInDoubleConsonant(word: string): boolean {
  const last = word.length - 1;
  return last >= 1 && word.charAt(last) === word.charAt(last - 1) && isConsonant(word, last);
}

/** The paper's *o: consonant, vowel, consonant other than w, x and y at the end. */
function endsConsonantVowelConsonant(word: string): boolean {
  const last = word.length - 1;
  if (last < 2 || "wxy".includes(word.charAt(last))) return false;
  return isConsonant(word, last) && !isConsonant(word, last - 1) && isConsonant(word, last - 2);
}
