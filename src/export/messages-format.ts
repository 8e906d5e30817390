import { type ProtocolMessage, withToolCalls } from "../formats/tool-call-messages.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import { type PreparedExample, UnfitExampleError } from "./example-format.ts";

/**
 * How a format has actions that were native tool calls: as such, with the row's `tools`, or by their text form, a thought and an action, for
 * trainers that lay out tool calls in ways of their own.
 */
export type ToolCallForm = "native" | "text";

/** The messages with a further field: on each message, or on the assistant's only. */
export function flaggedMessages<Flag>(
  { messages, trained }: PreparedExample,
  name: string,
  flag: (isTrained: boolean) => Flag,
  on: "every message" | "assistant messages",
  calls: ToolCallForm,
): (ProtocolMessage & Record<string, unknown>)[] {
  return inForm(messages, calls).map((message, index) => ({
    ...message,
    ...(on === "every message" || message.role === "assistant"
      ? { [name]: flag(trained[index] === true) }
      : {}),
  }));
}

/** For trainers that mask by position: one list of messages for each target, which is its last message. */
export function untilEachTarget<Written>(
  { trained }: PreparedExample,
  messages: readonly Written[],
): Written[][] {
  return trained.flatMap((isTrained, index) => (isTrained ? [messages.slice(0, index + 1)] : []));
}

function inForm(messages: TrainingExample["messages"], calls: ToolCallForm): readonly ProtocolMessage[] {
  return calls === "native"
    ? withToolCalls(messages)
    : messages.map(({ role, content }) => ({ role, content }));
}

/** The row's `tools`, where the example has any. */
export function toolsColumn({ tools }: PreparedExample) {
  if (tools === undefined) return {};
  return { tools: tools.map((tool) => ({ type: "function", function: tool })) };
}

/** @throws UnfitExampleError unless user and assistant take turns, with at most a system message before them. */
export function requireTakingTurns({ messages }: PreparedExample): void {
  const start = messages[0]?.role === "system" ? 1 : 0;
  for (const [index, { role }] of messages.entries()) {
    if (index < start) continue;
    const expected = (index - start) % 2 === 0 ? "user" : "assistant";
    if (role !== expected) {
      throw new UnfitExampleError(
        `messages.${index}.role`,
        `the format wants user and assistant in turns: expected ${expected}, got ${role}`,
      );
    }
  }
}
