import { z } from "zod";
import { type Turn, trajectoryFromConversation } from "./conversation.ts";
import type { TrajectoryFormat } from "./format.ts";
import { stemOf } from "./input-file.ts";
import { count, countUnknownKeys, type RowContext, rowFormat } from "./row-format.ts";
import { parseArguments, toolCallMessage, toolCallText } from "./tool-call-text.ts";

/**
 * Conversations in the form of OpenAI's chat completions, one `{"messages": [...]}` a line, with or without native tool
 * calls. A tool call becomes an action in text (tool-call-text.ts) with the message's content as its thought. Messages of the system
 * and the developer before the first user message are instructions.
 */

export const contentSchema = z.union(
  [z.string(), z.array(z.looseObject({ type: z.literal("text"), text: z.string() }))],
  { error: "expected a text, or an array of texts" },
);

/** Of a tool: an action is one line. */
export const oneLineName = z.string().regex(/^[^\r\n\u2028\u2029]+$/, "expected a name on one line");

const toolCallSchema = z.looseObject({
  id: z.string().optional(),
  function: z.looseObject({ name: oneLineName, arguments: z.string() }),
});

const messageSchema = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: contentSchema.nullish(),
  tool_calls: z.array(toolCallSchema).nullish(),
});
type OpenAiMessage = z.infer<typeof messageSchema>;

const recordSchema = z.looseObject({
  messages: z.array(messageSchema).min(1),
  id: z.union([z.string(), z.number()]).optional(),
  reward: z.number().nullish(),
});

export const openAiMessagesFormat: TrajectoryFormat = rowFormat({
  name: "openai-messages",
  description: "conversations of OpenAI's chat completions, with or without tool calls",
  recognizes: (value) =>
    typeof value === "object" && value !== null && "messages" in value && Array.isArray(value.messages),
  schema: recordSchema,
  numbersTwins: true,
  convert: (record, context) => {
    const dropped: Record<string, number> = {};
    countUnknownKeys(dropped, record, ["messages", "id", "reward"]);
    const id = String(record.id ?? `${stemOf(context.file)}-${context.line}`);
    const turns = record.messages.map((message, index) => turnOf(message, index, context, dropped));
    const first = turns.findIndex(({ role }) => role !== "system");
    return trajectoryFromConversation(
      {
        id: `openai-messages/${id}`,
        taskId: id,
        policy: "openai-messages",
        reward: record.reward,
        turns,
        prologue: context.skip ?? Math.max(first, 0),
        dropped,
      },
      context,
    );
  },
});

const roles = {
  system: "system",
  developer: "system",
  user: "user",
  tool: "user",
  assistant: "assistant",
} as const;

function turnOf(
  message: OpenAiMessage,
  index: number,
  context: RowContext,
  dropped: Record<string, number>,
): Turn {
  countUnknownKeys(dropped, message, ["role", "content", "tool_calls"], "messages");
  const field = `messages.${index}`;
  const content = textOf(message.content);
  if (message.function_call !== undefined && message.function_call !== null) {
    throw context.invalid(`${field}.function_call`, "a call of the old form; only tool_calls are read");
  }
  const [call, ...others] = message.tool_calls ?? [];
  if (call === undefined) {
    return {
      role: roles[message.role],
      content,
      field: `${field}.role`,
      textField: `${field}.content`,
    };
  }
  if (message.role !== "assistant") {
    throw context.invalid(`${field}.tool_calls`, `only an assistant calls tools, not ${message.role}`);
  }
  if (others.length > 0) {
    throw context.invalid(
      `${field}.tool_calls`,
      `${others.length + 1} tool calls in one message, but a step is one action`,
    );
  }
  if (parseArguments(call.function.arguments) === undefined) {
    throw context.invalid(`${field}.tool_calls.0.function.arguments`, "expected a JSON object as a string");
  }
  count(dropped, "messages.tool_calls.id", call.id === undefined ? 0 : 1);
  const action = toolCallText(call.function.name, call.function.arguments);
  return { role: "assistant", content: toolCallMessage(content, action), action, field: `${field}.role` };
}

/** The text of a content, its parts joined. */
export function textOf(content: z.infer<typeof contentSchema> | null | undefined): string {
  if (content === null || content === undefined) return "";
  return typeof content === "string" ? content : content.map(({ text }) => text).join("");
}
