import { z } from "zod";
import { compactJson, sourceOf } from "../formats/json-source.ts";
import { count, countUnknownKeys } from "../formats/row-format.ts";
import { InvalidRowError } from "../formats/rows.ts";
import { readToolCall } from "../formats/tool-call-messages.ts";
import { toolCallMessage, toolCallText } from "../formats/tool-call-text.ts";
import type { Message, ToolCall } from "../trajectory.ts";
import type { SourceRow } from "./foreign-example.ts";

const callSchema = z.looseObject({
  id: z.string().nullish(),
  function: z.looseObject({
    name: z.string(),
    arguments: z.union([z.string(), z.record(z.string(), z.unknown())]),
  }),
});

/** A message as in OpenAI's chat completions, or with LLaMA-Factory's roles for calls and their answers. */
export const foreignMessageSchema = z.looseObject({
  role: z.enum(["system", "user", "assistant", "tool", "function_call", "observation"]),
  content: z.string().nullish(),
  tool_calls: z.array(callSchema).nullish(),
});
type ForeignMessage = z.infer<typeof foreignMessageSchema>;

const roles = {
  system: "system",
  user: "user",
  assistant: "assistant",
  function_call: "assistant",
  tool: "user",
  observation: "user",
} as const;

/**
 * The messages in our form: a native tool call with its text form, and its answer as the user's next message.
 * @throws InvalidRowError where the messages would not come out again as they are.
 */
export function foreignMessages(
  written: readonly ForeignMessage[],
  row: SourceRow,
  dropped: Record<string, number>,
): readonly Message[] {
  const messages: Message[] = [];
  for (const [index, message] of written.entries()) {
    const fail = (field: string, problem: string): never => {
      throw new InvalidRowError(row.file, row.line, `messages.${index}.${field}`, problem);
    };
    countUnknownKeys(dropped, message, ["role", "content", "tool_calls", "tool_call_id"], "messages");
    if (message.function_call != null) fail("function_call", "an example knows tool_calls only");
    const asked = messages.at(-1)?.toolCall;
    const isAnswer = message.role === "tool" || message.role === "observation";
    if (isAnswer && asked === undefined) fail("role", "no tool call stands before this answer");
    if (message.role === "user" && asked !== undefined) fail("role", "expected the answer to the tool call");
    const answered = message.tool_call_id ?? undefined;
    if (answered !== undefined && answered !== asked?.id) count(dropped, "messages.tool_call_id");
    const toolCall = callOf(message, index, row, fail);
    if (toolCall !== undefined) {
      const action = toolCallText(toolCall.name, toolCall.arguments);
      messages.push({ role: "assistant", content: toolCallMessage(toolCall.content, action), toolCall });
    } else {
      messages.push({
        role: roles[message.role],
        content: message.content ?? fail("content", "expected a text"),
      });
    }
  }
  return messages;
}

function callOf(
  message: ForeignMessage,
  index: number,
  row: SourceRow,
  fail: (field: string, problem: string) => never,
): ToolCall | undefined {
  const { role, content, tool_calls: calls } = message;
  const [call, ...others] = calls ?? [];
  const standIn = `call${String(index).padStart(5, "0")}`;
  if (role === "function_call")
    return llamaFactoryCall(content ?? "", standIn) ?? fail("content", "expected a tool call as JSON");
  if (call === undefined) return undefined;
  if (role !== "assistant") fail("tool_calls", `only an assistant calls tools, not ${role}`);
  if (others.length > 0)
    fail("tool_calls", `${others.length + 1} tool calls in one message, but an action is one`);
  const { name, arguments: given } = call.function;
  const path = ["messages", index, "tool_calls", 0, "function", "arguments"];
  const toolCall = {
    id: call.id ?? standIn,
    name,
    arguments: typeof given === "string" ? given : compactJson(sourceOf(row.text, path) ?? ""),
    content: content ?? "",
  };
  if (readToolCall(toolCall) === undefined) {
    fail("tool_calls.0.function", "expected a name of letters and digits, and a JSON object as arguments");
  }
  return toolCall;
}

/** As `llama-factory` writes them: the text beside the call, if there is one, then the call as JSON. */
function llamaFactoryCall(content: string, id: string): ToolCall | undefined {
  const marked = /^(.*)\n<tool_call>(.*)<\/tool_call>$/s.exec(content);
  const [beside, json] = [marked?.[1] ?? "", marked?.[2] ?? content];
  const parts = /^\{"name": ("(?:[^"\\]|\\.)*"), "arguments": (.*)\}$/s.exec(json);
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  const call = { id, name: String(JSON.parse(parts[1])), arguments: parts[2], content: beside };
  return readToolCall(call) === undefined ? undefined : call;
}
