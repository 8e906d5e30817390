import type { Message, ToolCall } from "../trajectory.ts";
import { parseArguments, type TextToolCall } from "./tool-call-text.ts";

/** A message as the protocol of OpenAI's chat completions has it. */
export type ProtocolMessage =
  | { readonly role: "system" | "user"; readonly content: string }
  | {
      readonly role: "assistant";
      readonly content: string;
      readonly tool_calls?: readonly ProtocolToolCall[];
    }
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

export interface ProtocolToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/**
 * Messages with their native tool calls: the assistant's text is what it wrote beside the call, and the observation after it is
 * the tool's result.
 *
 * A call that no chat template could print (arguments that are no JSON object, a name that is none) stays text, and so does
 * the observation after it.
 */
export function withToolCalls(messages: readonly Message[]): readonly ProtocolMessage[] {
  return messages.map(({ role, content, toolCall }, index) => {
    if (role === "assistant" && toolCall !== undefined && readToolCall(toolCall) !== undefined) {
      const { id, name, arguments: given } = toolCall;
      return {
        role,
        content: toolCall.content,
        tool_calls: [{ id, type: "function", function: { name, arguments: given } }],
      };
    }
    const answered = role === "user" ? messages[index - 1]?.toolCall : undefined;
    return answered !== undefined && readToolCall(answered) !== undefined
      ? { role: "tool", tool_call_id: answered.id, content }
      : { role, content };
  });
}

/** The call as data; undefined if it is not well formed. Servers read past calls again, and refuse the whole request if they cannot. */
export function readToolCall({ name, arguments: written }: ToolCall): TextToolCall | undefined {
  const given = parseArguments(written);
  return given !== undefined && /^[\w-]{1,64}$/.test(name) ? { name, arguments: given } : undefined;
}
