import { deriveSeed } from "../../random.ts";
import type { ActResult, Policy } from "../policy.ts";
import type { ChatCall, ChatModel } from "./chat-model.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { interpretReply } from "./interpret-reply.ts";
import { isContextOverflow } from "./protocol.ts";
import type { ChatSettings } from "./settings.ts";
import { TokenAccount } from "./token-account.ts";
import { createTraffic } from "./traffic.ts";
import { toolsOf, transcriptFor } from "./transcript.ts";

/** The usual estimate for English, where nobody counts. */
const charactersPerToken = 4;

/**
 * Acts by a chat model: the transcript goes out, the reply becomes an action. A transcript that the server finds too long ends the
 * episode with "context-overflow". Any other failure is thrown, as a PolicyError.
 */
export function createChatAct(modelName: string, model: ChatModel, settings: ChatSettings): Policy["act"] {
  const traffic = createTraffic(settings);
  const account = new TokenAccount();
  return async (request) => {
    const tools = settings.actions === "tools" ? toolsOf(request) : [];
    const call: ChatCall = {
      messages: transcriptFor(request, settings),
      tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
      temperature: settings.temperature ?? request.temperature,
      // The protocol's seed is a signed integer; 31 bits fit every server.
      seed: deriveSeed("chat", request.seed, request.turn) >>> 1,
    };
    const promptEstimate = Math.ceil(lengthOf(call) / charactersPerToken);
    const sent = await overflowAsValue(
      traffic.send(
        promptEstimate + settings.maximumTokens,
        () => model.complete(call, request.signal),
        request.signal,
      ),
    );
    if ("stop" in sent) return sent;
    const { reply } = sent;
    const generatedTokens = reply.generatedTokens ?? Math.ceil(reply.content.length / charactersPerToken);
    const action = interpretReply(reply, {
      address: model.address,
      model: modelName,
      maximumTokens: settings.maximumTokens,
      tools,
      turn: request.turn,
    });
    return {
      ...action,
      promptTokens: account.newTokens(
        request.seed,
        request.messages,
        reply.promptTokens ?? promptEstimate,
        generatedTokens,
      ),
      generatedTokens,
    };
  };
}

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
