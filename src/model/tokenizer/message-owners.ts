import type { Span } from "./message-spans.ts";
import type { Section } from "./special-token-splitter.ts";

/** The message whose end a special token at `start` marks: it follows the text, perhaps after white space. */
export function endedMessage(rendered: string, spans: readonly Span[], start: number): number {
  const index = spans.findLastIndex((span) => span.end <= start);
  const end = spans[index]?.end ?? 0;
  return index >= 0 && rendered.slice(end, start).trim() === "" ? index : -1;
}

/**
 * The message of each token of a section: those whose text begins in the message's. White space between the text and
 * the special token that ends it belongs to it too.
 */
export function ownersOf(
  section: Section,
  spans: readonly Span[],
  encode: (text: string) => readonly number[],
  ids: readonly number[],
): number[] {
  const owners: number[] = ids.map(() => -1);
  const sectionEnd = section.start + section.text.length;
  for (const [index, span] of spans.entries()) {
    const start = Math.max(span.start, section.start);
    const textEnd = Math.min(span.end, sectionEnd);
    if (start > textEnd || textEnd < section.start) continue;
    const trailing = section.text.slice(textEnd - section.start);
    const end = section.beforeSpecial && trailing.trim() === "" ? sectionEnd : textEnd;
    const from = commonLength(ids, encode(section.text.slice(0, start - section.start)));
    const to =
      end === sectionEnd ? ids.length : commonLength(ids, encode(section.text.slice(0, end - section.start)));
    owners.fill(index, from, Math.max(from, to));
  }
  return owners;
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const different = b.findIndex((each, index) => a[index] !== each);
  return different < 0 ? b.length : different;
}
