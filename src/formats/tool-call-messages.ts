import type { Message } from "../trajectory.ts";
import { parseArguments } from "./tool-call-text.ts";

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
    if (role === "assistant" && toolCall !== undefined && isWellFormed(toolCall)) {
      const { id, name, arguments: given } = toolCall;
      return {
        role,
        content: toolCall.content,
        tool_calls: [{ id, type: "function", function: { name, arguments: given } }],
      };
    }
    const answered = role === "user" ? messages[index - 1]?.toolCall : undefined;
    return answered !== undefined && isWellFormed(answered)
      ? { role: "tool", tool_call_id: answered.id, content }
      : { role, content };
  });
}

/** Servers read the arguments of past calls again, and refuse the whole request if they cannot. */
function isWellFormed(call: NonNullable<Message["toolCall"]>): boolean {
  return /^[\w-]{1,64}$/.test(call.name) && parseArguments(call.arguments) !== undefined;
}
