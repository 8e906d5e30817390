import { findCallTurns } from "./call-turns.ts";
import { markedText, markOf, splitAtMarks, unusedMark } from "./chat-marks.ts";
import type { TemplateMessage } from "./chat-template.ts";

/** Where a message's text stands in what a chat template made of the messages: characters from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** True if what ends the turn is part of it. */
  readonly endsTurn?: true;
}

/** Renders messages; with the beginning of the next answer behind them if that is asked for. */
export type RenderMessages = (messages: readonly TemplateMessage[], addGenerationPrompt?: boolean) => string;

/**
 * Finds each message's text in the rendered transcript, whatever the texts are: the messages are rendered a second time with
 * a mark in place of each text, and what stands between the marks has to stand between the texts too. A template may
 * trim a text, and write a tool's answer as JSON. A message with tool calls is all that the assistant writes in that turn.
 *
 * @returns undefined if the template moves, changes or leaves out a text.
 */
export function findMessages(
  messages: readonly TemplateMessage[],
  render: RenderMessages,
): readonly Span[] | undefined {
  const rendered = render(messages);
  const mark = unusedMark(rendered);
  const texts = [...messages.entries()].filter(([, message]) => message.tool_calls === undefined);
  const marked = render(
    messages.map((message, index) =>
      message.tool_calls === undefined ? markedText(message, mark, index) : message,
    ),
  );
  const between = splitAtMarks(
    marked,
    texts.map(([index]) => markOf(mark, index)),
  );
  if (between === undefined) return undefined;
  const spans = new Map<number, Span>();
  let position = 0;
  for (const [place, [index, message]] of texts.entries()) {
    const before = between[place] ?? "";
    const after = between[place + 1] ?? "";
    if (!rendered.startsWith(before, position)) return undefined;
    const start = position + before.length;
    const text = formsOf(message).find(
      (candidate) =>
        rendered.startsWith(candidate, start) && rendered.startsWith(after, start + candidate.length),
    );
    if (text === undefined) return undefined;
    spans.set(index, { start, end: start + text.length });
    position = start + text.length;
  }
  if (position + (between.at(-1) ?? "").length !== rendered.length) return undefined;
  const turns = findCallTurns({ messages, rendered, spans, mark, render });
  if (turns === undefined) return undefined;
  const all = new Map([...spans, ...turns]);
  return [...messages.keys()].flatMap((index) => all.get(index) ?? []);
}

/** How a template may write a message's text. */
function formsOf({ role, content }: TemplateMessage): readonly string[] {
  const forms = [content, content.trim(), content.trimEnd(), content.trimStart()];
  // Between quotation marks, which the template writes.
  return role === "tool" ? [...forms, JSON.stringify(content).slice(1, -1)] : forms;
}
