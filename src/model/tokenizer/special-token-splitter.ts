import type { Span } from "./message-spans.ts";

/** An entry of `added_tokens` in `tokenizer.json`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it takes the white space before or behind it with it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A part of a text: a special token, or what stands between two of them. */
export interface Section {
  /** Characters before it. */
  readonly start: number;
  readonly text: string;
  readonly token: AddedToken | undefined;
  /** Whether a special token follows. */
  readonly beforeSpecial: boolean;
}

/**
 * Cuts a text at its special tokens, of several at one place at the longest, as the Hugging Face tokenizers do; but
 * one that begins in a span (a message's text) is text.
 */
export function splitAtSpecialTokens(
  text: string,
  special: readonly AddedToken[],
  spans: readonly Span[],
): Section[] {
  const byContent = new Map(special.map((token) => [token.content, token]));
  const sections: Section[] = [];
  let start = 0;
  let strips = false;
  const pushText = (end: number, next: AddedToken | undefined): void => {
    let part = text.slice(start, end);
    if (next?.lstrip === true) part = part.trimEnd();
    const stripped = strips ? part.trimStart() : part;
    if (stripped === "") return;
    sections.push({
      start: start + part.length - stripped.length,
      text: stripped,
      token: undefined,
      beforeSpecial: next !== undefined,
    });
  };
  for (const match of matches(text, special)) {
    const token = byContent.get(match.text);
    const inMessage = spans.some((span) => span.start <= match.index && match.index < span.end);
    if (token === undefined || inMessage || match.index < start) continue;
    pushText(match.index, token);
    sections.push({ start: match.index, text: match.text, token, beforeSpecial: false });
    start = match.index + match.text.length;
    strips = token.rstrip;
  }
  pushText(text.length, undefined);
  return sections;
}

function* matches(text: string, special: readonly AddedToken[]): Generator<{ index: number; text: string }> {
  if (special.length === 0) return;
  const longestFirst = special.map((token) => token.content).sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  for (const match of text.matchAll(new RegExp(escaped.join("|"), "g")))
    yield { index: match.index, text: match[0] };
}
