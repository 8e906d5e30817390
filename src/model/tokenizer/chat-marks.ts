import type { TemplateMessage } from "./chat-template.ts";

/** A word that the text does not hold. Letters only, so that no template takes it apart. */
export function unusedMark(text: string): string {
  let mark = "XMARKX";
  while (text.includes(mark)) mark = `X${mark}`;
  return mark;
}

/** The mark of one of many: none of them holds another. */
export function markOf(mark: string, which: number | string): string {
  return `${mark}${which}${mark}`;
}

/** The message with a mark for its text, and without its calls. */
export function markedText(
  { tool_calls: _calls, ...message }: TemplateMessage,
  mark: string,
  index: number,
): TemplateMessage {
  return { ...message, content: markOf(mark, index) };
}

/** The pieces before, between and behind the marks, if each mark occurs once and in order. */
export function splitAtMarks(marked: string, marks: readonly string[]): string[] | undefined {
  const pieces: string[] = [];
  let position = 0;
  for (const mark of marks) {
    const at = marked.indexOf(mark, position);
    if (at < 0 || marked.indexOf(mark) !== at || marked.includes(mark, at + mark.length)) return undefined;
    pieces.push(marked.slice(position, at));
    position = at + mark.length;
  }
  pieces.push(marked.slice(position));
  return pieces;
}
