import type { ActionTool } from "../../environment/action-tool.ts";
import { parseArguments } from "../../formats/tool-call-text.ts";
import type { ToolCall } from "../../trajectory.ts";
import { formatMessage } from "../message-format.ts";
import type { ActResult } from "../policy.ts";
import type { ChatReply } from "./chat-model.ts";
import { sumOfCall, sumOfTokens } from "./log-probability.ts";
import { toolCallId } from "./transcript.ts";

/** A longer reply is cut: far more than any thought and action, and a bound on what is stored. */
const maximumReplyLength = 32_768;

export interface ReplyContext {
  /** The tools that the model could call; none for actions as text. */
  readonly tools: readonly ActionTool[];
  /** Where the model had to stop. */
  readonly stop: readonly string[];
  /** The episode's actions before this one. */
  readonly turn: number;
}

type Action = Pick<ActResult, "message" | "toolCall" | "logProbability" | "flaw">;

/**
 * The action in a reply: its first tool call, or the text up to its first action line, because what a model writes after it was
 * never done. A text without an action line is left for the environment to refuse, and so is a reply that was cut off, an empty one and a
 * refusal: they are the model's doing, as the embedded student's overlong messages are its own.
 */
export function interpretReply(reply: ChatReply, context: ReplyContext): Action {
  const [call] = context.tools.length === 0 ? [] : reply.toolCalls;
  return call === undefined ? textAction(reply, context) : toolAction(reply, call, context);
}

function textAction(reply: ChatReply, { stop }: ReplyContext): Action {
  const { content, refusal, finishReason, tokens } = reply;
  const wasCutOff = finishReason === "length";
  if (content.trim() === "") {
    if (refusal === undefined) return { message: "", flaw: wasCutOff ? "cut-off" : "empty" };
    return { message: refusal.slice(0, maximumReplyLength).trim(), flaw: "refusal" };
  }
  const { text, end, complete } = untilFirstAction(content.slice(0, maximumReplyLength));
  const logProbability = sumOfTokens(tokens, content, end, stop);
  return {
    message: text,
    ...(logProbability === undefined ? {} : { logProbability }),
    ...(wasCutOff && !complete ? { flaw: "cut-off" } : {}),
  };
}

function toolAction(
  reply: ChatReply,
  call: ChatReply["toolCalls"][number],
  { tools, turn }: ReplyContext,
): Action {
  const written = call.arguments.slice(0, maximumReplyLength);
  const given = parseArguments(written);
  const name = call.name.slice(0, 256);
  const tool = tools.find((candidate) => candidate.name === name);
  const action = given === undefined ? undefined : tool?.toAction(given);
  const toolCall: ToolCall = {
    id: toolCallId(turn),
    name,
    arguments: written,
    content: reply.content.slice(0, maximumReplyLength).trim(),
    ...(action !== undefined
      ? {}
      : { problem: tool === undefined ? ("unknown-tool" as const) : ("invalid-arguments" as const) }),
  };
  // The call itself stands for an action that the environment has not.
  const text = action ?? oneLine(`${name}(${written})`);
  const logProbability = sumOfCall(reply);
  return {
    message: formatMessage(withoutActionLines(toolCall.content), text),
    toolCall,
    ...(logProbability === undefined ? {} : { logProbability }),
    ...(given === undefined && reply.finishReason === "length" ? { flaw: "cut-off" } : {}),
  };
}

/** In the text form the first action line is the action, so no thought may hold one. */
function withoutActionLines(thought: string): string {
  return thought.replaceAll(/(?<![^\r\n])Action:/g, "(Action):").replace(/^Thought:[ \t]*/, "");
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, " ");
}

/** The text up to the end of its first action line, where that is in the content, and whether the line is known to be whole. */
function untilFirstAction(content: string): { text: string; end: number; complete: boolean } {
  // Line breaks are those of parseMessage.
  const match = /(?<![^\r\n])Action:[^\r\n]*/.exec(content);
  if (match === null) return { text: content.trim(), end: content.length, complete: false };
  const end = match.index + match[0].length;
  return { text: content.slice(0, end).trim(), end, complete: end < content.length };
}
