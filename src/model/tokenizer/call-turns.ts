import { markedText, markOf, splitAtMarks } from "./chat-marks.ts";
import { ChatTemplateError, type TemplateMessage } from "./chat-template.ts";
import type { RenderMessages, Span } from "./message-spans.ts";

interface RenderedMessages {
  readonly messages: readonly TemplateMessage[];
  /** What the template makes of them. */
  readonly rendered: string;
  /** Of each message without calls, by its index. */
  readonly spans: ReadonlyMap<number, Span>;
  /** A word that `rendered` does not hold. */
  readonly mark: string;
  readonly render: RenderMessages;
}

/**
 * Finds the messages with tool calls, which cannot be told by their text: templates write calls in forms of their own.
 *
 * Most templates begin and end such a turn as they do one of text, so it stands between what they write around a text in its place. Of
 * others the transcript is rendered up to the turn, with the beginning of an answer, and up to its end; what is added is the turn.
 *
 * @returns undefined if a turn is found in neither way.
 */
export function findCallTurns(given: RenderedMessages): ReadonlyMap<number, Span> | undefined {
  const { messages, rendered, spans } = given;
  const turns = new Map<number, Span>();
  const calls = [...messages.keys()].filter((index) => !spans.has(index));
  const frames = calls.length === 0 ? undefined : framesOf(given);
  for (const index of calls) {
    const from = (turns.get(index - 1) ?? spans.get(index - 1))?.end ?? 0;
    const to = spans.get(index + 1)?.start ?? rendered.length;
    const isAlone = !calls.includes(index - 1) && !calls.includes(index + 1);
    const framed = isAlone ? betweenFrames(rendered, from, to, frames?.slice(index)) : undefined;
    const turn = framed ?? addedTurn(given, index);
    if (turn === undefined || turn.start < from || turn.end > to) return undefined;
    turns.set(index, turn);
  }
  return turns;
}

/** What the template writes before, between and behind the messages if each is a text. */
function framesOf({ messages, mark, render }: RenderedMessages): readonly string[] | undefined {
  const texts = renderIfTaken(
    render,
    messages.map((message, index) => markedText(message, mark, index)),
  );
  const marks = messages.map((_, index) => markOf(mark, index));
  return texts === undefined ? undefined : splitAtMarks(texts, marks);
}

function betweenFrames(
  rendered: string,
  from: number,
  to: number,
  [before, after]: readonly string[] = [],
): Span | undefined {
  if (before === undefined || after === undefined) return undefined;
  const start = from + before.length;
  const end = to - after.length;
  const isFramed = start <= end && rendered.startsWith(before, from) && rendered.startsWith(after, end);
  return isFramed ? { start, end } : undefined;
}

function addedTurn({ messages, rendered, render }: RenderedMessages, index: number): Span | undefined {
  const before = renderIfTaken(render, messages.slice(0, index), true);
  const whole = renderIfTaken(render, messages.slice(0, index + 1));
  if (before === undefined || whole === undefined) return undefined;
  const end = whole.trimEnd().length;
  const isAdded = before.length < end && rendered.startsWith(before) && rendered.startsWith(whole);
  return isAdded ? { start: before.length, end, endsTurn: true } : undefined;
}

function renderIfTaken(
  render: RenderMessages,
  messages: readonly TemplateMessage[],
  addGenerationPrompt = false,
): string | undefined {
  try {
    return render(messages, addGenerationPrompt);
  } catch (error) {
    if (error instanceof ChatTemplateError) return undefined;
    throw error;
  }
}
