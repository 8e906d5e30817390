import type { Span } from "./message-spans.ts";
import { matcherOf } from "./token-matcher.ts";

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

/** Cuts a text at its special tokens, but for those that begin in a span (a message's text), which are text. */
export type SpecialTokenSplitter = (text: string, spans: readonly Span[]) => Section[];

/** Of several special tokens at one place the longest counts, as in the Hugging Face tokenizers. */
export function specialTokenSplitter(special: readonly AddedToken[]): SpecialTokenSplitter {
  const byContent = new Map(special.map((token) => [token.content, token]));
  const matcher = matcherOf(special);
  return (text, spans) => {
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
    for (const { 0: content, index } of matcher === undefined ? [] : text.matchAll(matcher)) {
      const token = byContent.get(content);
      const inMessage = spans.some((span) => span.start <= index && index < span.end);
      if (token === undefined || inMessage || index < start) continue;
      pushText(index, token);
      sections.push({ start: index, text: content, token, beforeSpecial: false });
      start = index + content.length;
      strips = token.rstrip;
    }
    pushText(text.length, undefined);
    return sections;
  };
}
