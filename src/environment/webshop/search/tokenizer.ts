import { emojiEnd } from "./emoji.ts";
import { wordClass, wordClassOf } from "./word-classes.ts";

/** Words are cut after this many UTF-16 units, and the rest begins a new word. */
const maximumWordLength = 255;

/** After a Hebrew letter with its quotation mark: a letter, digit or connector may follow, another mark may not. */
const afterHebrewQuote = 14;

/**
 * Calls `visit` with the start and end (exclusive) of each word of the text, in order: the words of Lucene's
 * StandardTokenizer, which follows Unicode Standard Annex #29 and keeps what has a letter, digit, ideograph or emoji.
 */
export function forEachWord(text: string, visit: (start: number, end: number) => void): void {
  let position = 0;
  while (position < text.length) {
    const end = asciiWordEnd(text, position);
    if (end > position) {
      visit(position, end);
      position = end;
    } else if (end === noWord) {
      position++;
    } else {
      const otherEnd = anyWordEnd(text, position);
      if (otherEnd > position) visit(position, otherEnd);
      position = otherEnd > position ? otherEnd : position + unitsAt(text, position);
    }
  }
}

const noWord = -1;
/** Returned where a character outside ASCII could take part in the word. */
const notAscii = -2;

const asciiClasses = Uint8Array.from({ length: 128 }, (_, code) => wordClassOf(code));

/** The end of the word at `start`, as far as ASCII decides it. The fast path: almost all of a catalogue. */
function asciiWordEnd(text: string, start: number): number {
  const limit = Math.min(text.length, start + maximumWordLength);
  let position = start;
  let last: number = wordClass.other;
  let hasCore = false;
  for (; position < limit; position++) {
    const code = text.charCodeAt(position);
    if (code > 127) return notAscii;
    const current = asciiClasses[code] ?? 0;
    if (current === wordClass.letter || current === wordClass.numeric) {
      hasCore = true;
    } else if (current !== wordClass.connector) {
      // A keycap emoji begins with # or *, which are in no class.
      if (position === start) return text.charCodeAt(start + 1) > 127 ? notAscii : noWord;
      if (!joins(current, last)) break;
      if (position + 1 >= limit) break;
      const next = text.charCodeAt(position + 1);
      if (next > 127) return notAscii;
      if (asciiClasses[next] !== last) break;
      position++;
      last = asciiClasses[next] ?? 0;
      continue;
    }
    last = current;
  }
  return hasCore ? position : noWord;
}

/** Whether a mark may stand between two characters of the class `around`. */
function joins(mark: number, around: number): boolean {
  if (mark === wordClass.midBoth || mark === wordClass.singleQuote) {
    return around === wordClass.letter || around === wordClass.numeric;
  }
  if (mark === wordClass.midLetter) return around === wordClass.letter;
  return mark === wordClass.midNumber && around === wordClass.numeric;
}

function anyWordEnd(text: string, start: number): number {
  const limit = Math.min(text.length, start + maximumWordLength);
  const first = wordClassOf(text.codePointAt(start) ?? 0);
  const emoji = emojiEnd(text, start, limit);
  if (first === wordClass.ideograph) return Math.max(emoji, afterCharacter(text, start, limit));
  if (first === wordClass.southEastAsian) return Math.max(emoji, runEnd(text, start, limit));
  return Math.max(emoji, lettersEnd(text, start, limit));
}

/** The end of a run of letters, digits, katakana and what joins them, or -1 if there is none at `start`. */
function lettersEnd(text: string, start: number, limit: number): number {
  let position = start;
  let last: number = wordClass.other;
  let end = -1;
  let hasCore = false;
  while (position < limit) {
    const current = classAt(text, position);
    let next = afterCharacter(text, position, limit);
    if (follows(last, current)) {
      last = current;
    } else {
      const isMark = joins(current, last === wordClass.hebrewLetter ? wordClass.letter : last);
      const following = next < limit ? classAt(text, next) : wordClass.other;
      if (isMark && isSameKind(last, following)) {
        last = following;
        next = afterCharacter(text, next, limit);
      } else if (last === wordClass.hebrewLetter && current === wordClass.singleQuote) {
        last = afterHebrewQuote;
      } else if (
        last === wordClass.hebrewLetter &&
        current === wordClass.doubleQuote &&
        following === wordClass.hebrewLetter
      ) {
        last = afterHebrewQuote;
        next = afterCharacter(text, next, limit);
      } else {
        break;
      }
    }
    hasCore ||= last !== wordClass.connector;
    position = next;
    if (hasCore) end = position;
  }
  return end;
}

/** Whether the class `current` continues a word whose last character has the class `last` ("other" at its start). */
function follows(last: number, current: number): boolean {
  if (current === wordClass.connector) return true;
  if (current === wordClass.katakana) {
    return last === wordClass.other || last === wordClass.katakana || last === wordClass.connector;
  }
  return (isLetter(current) || current === wordClass.numeric) && last !== wordClass.katakana;
}

function isSameKind(one: number, other: number): boolean {
  return isLetter(one) ? isLetter(other) : one === other;
}

function isLetter(value: number): boolean {
  return value === wordClass.letter || value === wordClass.hebrewLetter;
}

function runEnd(text: string, start: number, limit: number): number {
  let position = start;
  while (position < limit && classAt(text, position) === wordClass.southEastAsian) {
    position = afterCharacter(text, position, limit);
  }
  return position;
}

/** The position after the character at `position` and the marks that belong to it. */
function afterCharacter(text: string, position: number, limit: number): number {
  let next = position + unitsAt(text, position);
  while (next < limit && classAt(text, next) === wordClass.extend) next += unitsAt(text, next);
  return Math.min(next, limit);
}

function classAt(text: string, position: number): number {
  return wordClassOf(text.codePointAt(position) ?? 0);
}

function unitsAt(text: string, position: number): number {
  return (text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1;
}
