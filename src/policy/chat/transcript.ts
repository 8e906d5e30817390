import { type ActionTool, actTool } from "../../environment/action-tool.ts";
import { type ProtocolMessage, withToolCalls } from "../../formats/tool-call-messages.ts";
import type { Message, ToolCall } from "../../trajectory.ts";
import { parseMessage } from "../message-format.ts";
import type { ActRequest } from "../policy.ts";
import { inPromptStyle } from "../prompts/prompt-styles.ts";
import type { ChatSettings } from "./settings.ts";

export type ChatMessage = ProtocolMessage;

/** The transcript as the model is to read it. The same messages give the same bytes, and a longer transcript begins with every shorter one, for the sake of prefix caches. */
export function transcriptFor(request: ActRequest, settings: ChatSettings): readonly ChatMessage[] {
  const messages = request.messages.map(withText);
  if (settings.promptStyle !== "environment") return inPromptStyle(messages, settings);
  const own = withSystemPrompt(messages, settings.systemPrompt);
  if (settings.actions === "text") return own.map(({ role, content }) => ({ role, content }));
  return withToolCalls(own.map((message, index) => asToolCall(message, index, toolsOf(request))));
}

export function toolsOf({ tools }: Pick<ActRequest, "tools">): readonly ActionTool[] {
  return tools ?? [actTool];
}

/** The id of the call that an episode's action is; `turn` counts from 0. */
export function toolCallId(turn: number): string {
  return `call${String(turn + 1).padStart(5, "0")}`;
}

/** Many servers refuse a message without text; an empty reply reads as an empty action. */
function withText(message: Message): Message {
  const isEmpty = message.role === "assistant" && message.content.trim() === "";
  return isEmpty ? { ...message, content: "Action:" } : message;
}

function withSystemPrompt(
  messages: readonly Message[],
  systemPrompt: string | undefined,
): readonly Message[] {
  if (systemPrompt === undefined) return messages;
  return [
    { role: "system", content: systemPrompt },
    ...messages.filter((message) => message.role !== "system"),
  ];
}

/** An action that somebody else took as text (an expert, say) reads like the model's own calls. */
function asToolCall(message: Message, index: number, tools: readonly ActionTool[]): Message {
  if (message.role !== "assistant" || message.toolCall !== undefined) return message;
  const { thought, action } = parseMessage(message.content);
  for (const tool of tools) {
    const given = tool.fromAction(action);
    if (given === undefined) continue;
    const toolCall: ToolCall = {
      // System prompt and first observation, then an action at every second place.
      id: toolCallId(Math.floor(index / 2) - 1),
      name: tool.name,
      arguments: JSON.stringify(given),
      content: thought,
    };
    return { ...message, toolCall };
  }
  return message;
}
