import { deriveSeed } from "../../random.ts";
import type { ActRequest, ActResult, Policy } from "../policy.ts";
import type { ChatCall, ChatModel, ChatReply } from "./chat-model.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { createFlawCounts } from "./flaw-counts.ts";
import { interpretReply } from "./interpret-reply.ts";
import { isContextOverflow } from "./protocol.ts";
import type { ChatSettings } from "./settings.ts";
import { TokenAccount } from "./token-account.ts";
import type { Traffic } from "./traffic.ts";
import { toolsOf, transcriptFor } from "./transcript.ts";

/** The usual estimate for English, where nobody counts. */
const charactersPerToken = 4;

export interface ChatActOptions {
  readonly modelName: string;
  readonly model: ChatModel;
  readonly settings: ChatSettings;
  readonly traffic: Traffic;
}

/**
 * Acts by a chat model: the transcript goes out, the reply becomes an action. A transcript that the server finds too long ends the
 * episode with "context-overflow". Any other failure is thrown, as a PolicyError.
 */
export function createChatAct(options: ChatActOptions): Required<Pick<Policy, "act" | "usage" | "remarks">> {
  const { modelName, model, settings, traffic } = options;
  const { maximumTokens, stop } = settings;
  const account = new TokenAccount();
  const flaws = createFlawCounts(modelName, maximumTokens);
  const act = async (request: ActRequest): Promise<ActResult> => {
    const tools = settings.actions === "tools" ? toolsOf(request) : [];
    const call: ChatCall = {
      messages: transcriptFor(request, settings),
      tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
      temperature: settings.temperature ?? request.temperature,
      // The protocol's seed is a signed integer; 31 bits fit every server.
      seed: deriveSeed("chat", request.seed, request.turn) >>> 1,
    };
    const guess = { prompt: Math.ceil(lengthOf(call) / charactersPerToken), maximumGenerated: maximumTokens };
    const sent = await overflowAsValue(
      traffic.send(guess, () => completed(model, call, request.signal), request.signal),
    );
    if ("stop" in sent) return sent;
    const { reply } = sent;
    const action = interpretReply(reply, { tools, stop, turn: request.turn });
    flaws.count(action.flaw);
    const promptTokens = reply.promptTokens ?? guess.prompt;
    const { generatedTokens } = reply;
    return {
      ...action,
      promptTokens: account.newTokens(request.seed, request.messages, promptTokens, generatedTokens),
      generatedTokens,
    };
  };
  return { act, usage: traffic.usage, remarks: flaws.remarks };
}

/**
 * One attempt. Its tokens are estimated where the server does not count them.
 * @throws ChatServerError if the model failed while it wrote, and a ChatReplyError if its text is kept back.
 */
async function completed(
  model: ChatModel,
  call: ChatCall,
  signal: AbortSignal | undefined,
): Promise<ChatReply & { readonly generatedTokens: number }> {
  const reply = await model.complete(call, signal);
  const { content, toolCalls, finishReason = "" } = reply;
  if (failedReasons.has(finishReason)) {
    const explanation = `the model failed while it wrote (finish_reason ${finishReason})`;
    throw new ChatServerError(model.address, 500, explanation, { isWithinAnswer: true });
  }
  if (filterReasons.has(finishReason) && content.trim() === "" && toolCalls.length === 0) {
    throw new ChatReplyError(
      "withheld",
      model.address,
      `the reply was kept back (finish_reason ${finishReason})`,
      "A content filter of the service does not let the model's text through.",
    );
  }
  const written = toolCalls.reduce(
    (length, { name, arguments: given }) => length + name.length + given.length,
    content.length,
  );
  return { ...reply, generatedTokens: reply.generatedTokens ?? Math.ceil(written / charactersPerToken) };
}

/** What was written until then is no reply: vLLM's, OpenRouter's and DeepSeek's words for it. */
const failedReasons: ReadonlySet<string> = new Set(["error", "abort", "insufficient_system_resource"]);
const filterReasons: ReadonlySet<string> = new Set(["content_filter", "content-filter"]);

async function overflowAsValue<Reply>(
  sent: Promise<Reply>,
): Promise<{ reply: Reply } | (ActResult & { stop: "context-overflow" })> {
  try {
    return { reply: await sent };
  } catch (error) {
    if (error instanceof ChatServerError && isContextOverflow(error.status, error.message)) {
      return { message: "", promptTokens: 0, generatedTokens: 0, stop: "context-overflow" };
    }
    throw error;
  }
}

function lengthOf({ messages, tools }: ChatCall): number {
  const text = messages.reduce((length, message) => {
    const calls =
      "tool_calls" in message && message.tool_calls !== undefined ? JSON.stringify(message.tool_calls) : "";
    return length + message.content.length + calls.length;
  }, 0);
  return text + (tools.length === 0 ? 0 : JSON.stringify(tools).length);
}
