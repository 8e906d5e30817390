import type { Message } from "../../trajectory.ts";

/** Where a message's text stands in what a chat template made of the messages: characters from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds each message's text in the rendered transcript, whatever the texts are: the messages are rendered a second time with
 * a mark in place of each text, and what stands between the marks has to stand between the texts too. A template may
 * trim a text.
 *
 * @returns undefined if the template moves, changes or leaves out a text.
 */
export function findMessages(
  messages: readonly Message[],
  render: (messages: readonly Message[]) => string,
): readonly Span[] | undefined {
  const rendered = render(messages);
  const mark = unusedMark(rendered);
  const marked = render(messages.map(({ role }, index) => ({ role, content: `${mark}${index}${mark}` })));
  const between = splitAtMarks(marked, mark, messages.length);
  if (between === undefined) return undefined;
  const spans: Span[] = [];
  let position = 0;
  for (const [index, { content }] of messages.entries()) {
    const before = between[index] ?? "";
    const after = between[index + 1] ?? "";
    if (!rendered.startsWith(before, position)) return undefined;
    const start = position + before.length;
    const text = [content, content.trim(), content.trimEnd(), content.trimStart()].find(
      (candidate) =>
        rendered.startsWith(candidate, start) && rendered.startsWith(after, start + candidate.length),
    );
    if (text === undefined) return undefined;
    spans.push({ start, end: start + text.length });
    position = start + text.length;
  }
  return position + (between.at(-1) ?? "").length === rendered.length ? spans : undefined;
}

/** A word that the text does not hold. Letters only, so that no template takes it apart. */
function unusedMark(text: string): string {
  let mark = "XMARKX";
  while (text.includes(mark)) mark = `X${mark}`;
  return mark;
}

/** The pieces before, between and behind the marks, if each mark occurs once and in order. */
function splitAtMarks(marked: string, mark: string, count: number): string[] | undefined {
  const pieces: string[] = [];
  let position = 0;
  for (let index = 0; index < count; index++) {
    const whole = `${mark}${index}${mark}`;
    const at = marked.indexOf(whole, position);
    if (at < 0 || marked.indexOf(whole) !== at || marked.includes(whole, at + whole.length)) return undefined;
    pieces.push(marked.slice(position, at));
    position = at + whole.length;
  }
  pieces.push(marked.slice(position));
  return pieces;
}
