import { parseArguments } from "../../formats/tool-call-text.ts";
import {
  apiCallErrorSchema,
  type GenerateOptions,
  generatedSchema,
  type JsonValue,
  type LanguageModel,
  type PromptMessage,
} from "./ai-sdk-types.ts";
import { ChatConnectionError } from "./chat-connection-error.ts";
import type { ChatCall, ChatModel, ChatReply } from "./chat-model.ts";
import { ChatProviderError } from "./chat-provider-error.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { ChatTimeoutError } from "./chat-timeout-error.ts";
import { errorText, parseRetryAfter } from "./error-text.ts";
import { PolicyError } from "./policy-error.ts";
import { explanationOf } from "./protocol.ts";
import type { ChatMessage } from "./transcript.ts";

export interface AiSdkModelOptions {
  readonly model: LanguageModel;
  readonly maximumTokens: number;
  readonly stop: readonly string[];
  readonly timeoutSeconds: number;
  readonly providerOptions: Record<string, Record<string, JsonValue>>;
}

/** A model of the AI SDK. Its own retries are those of the `ai` package, which is not between: each call is one attempt. */
export function createAiSdkModel(options: AiSdkModelOptions): ChatModel {
  const { model, timeoutSeconds } = options;
  const address = `${model.provider} (${model.modelId})`;
  let answeredBefore = false;
  return {
    address,
    complete: async (call, signal) => {
      signal?.throwIfAborted();
      // Not AbortSignal.any: a run's signal lives long, and would gather what was made from it.
      const stopped = new AbortController();
      const stop = () => stopped.abort(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
      // A provider may not heed the signal.
      const givenUp = Promise.withResolvers<never>();
      stopped.signal.addEventListener("abort", () => givenUp.reject(stopped.signal.reason), { once: true });
      const timeout = new ChatTimeoutError(address, "total", timeoutSeconds);
      const timer = setTimeout(() => stopped.abort(timeout), timeoutSeconds * 1000);
      try {
        const generated = await Promise.race([
          model.doGenerate(generateOptions(call, options, stopped.signal)),
          givenUp.promise,
        ]);
        const reply = replyOf(generated, address);
        answeredBefore = true;
        return reply;
      } catch (error) {
        if (stopped.signal.aborted) throw stopped.signal.reason;
        throw asPolicyError(error, address, answeredBefore);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function generateOptions(
  call: ChatCall,
  options: AiSdkModelOptions,
  abortSignal: AbortSignal,
): GenerateOptions {
  const { maximumTokens, stop, providerOptions } = options;
  return {
    prompt: promptOf(call.messages),
    maxOutputTokens: maximumTokens,
    temperature: call.temperature,
    ...(stop.length === 0 ? {} : { stopSequences: [...stop] }),
    seed: call.seed,
    ...(call.tools.length === 0
      ? {}
      : {
          tools: call.tools.map(({ name, description, parameters }) => ({
            type: "function" as const,
            name,
            description,
            inputSchema: parameters,
          })),
        }),
    abortSignal,
    ...(Object.keys(providerOptions).length === 0 ? {} : { providerOptions }),
  };
}

function promptOf(messages: readonly ChatMessage[]): PromptMessage[] {
  const prompt: PromptMessage[] = [];
  let lastToolName = "";
  for (const message of messages) {
    const { content } = message;
    if (message.role === "assistant") {
      const calls = (message.tool_calls ?? []).map(({ id, function: called }) => {
        lastToolName = called.name;
        const input = parseArguments(called.arguments) ?? {};
        return { type: "tool-call" as const, toolCallId: id, toolName: called.name, input };
      });
      // Some providers refuse an empty text beside a call.
      const text = content === "" && calls.length > 0 ? [] : [{ type: "text" as const, text: content }];
      prompt.push({ role: "assistant", content: [...text, ...calls] });
    } else if (message.role === "tool") {
      const output = { type: "text" as const, value: content };
      const toolCallId = message.tool_call_id;
      prompt.push({
        role: "tool",
        content: [{ type: "tool-result", toolCallId, toolName: lastToolName, output }],
      });
    } else if (message.role === "user") {
      prompt.push({ role: "user", content: [{ type: "text", text: content }] });
    } else {
      prompt.push({ role: "system", content });
    }
  }
  return prompt;
}

function replyOf(generated: unknown, address: string): ChatReply {
  const parsed = generatedSchema.safeParse(generated);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ChatReplyError(
      "malformed",
      address,
      `expected what the AI SDK specifies; ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not that"}`,
      "Does the provider package belong to version 5, 6 or 7 of the AI SDK?",
    );
  }
  const { content, finishReason, usage } = parsed.data;
  return {
    content: content.map((part) => (part.type === "text" ? part.text : "")).join(""),
    toolCalls: content.flatMap((part) =>
      part.type === "tool-call" ? [{ name: part.toolName, arguments: part.input }] : [],
    ),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(usage?.inputTokens === undefined ? {} : { promptTokens: usage.inputTokens }),
    ...(usage?.outputTokens === undefined ? {} : { generatedTokens: usage.outputTokens }),
  };
}

/**
 * The provider's errors in ours. What is no answer of a server came from the network, from an answer that could not be read, or from the
 * provider itself.
 */
function asPolicyError(error: unknown, address: string, answeredBefore: boolean): unknown {
  if (error instanceof PolicyError) return error;
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  const explanation = errorText(message);
  const call = apiCallErrorSchema.safeParse(error);
  if (call.success) {
    const { statusCode, responseBody, responseHeaders } = call.data;
    if (statusCode !== undefined && (statusCode < 200 || statusCode > 299)) {
      const body = responseBody === undefined ? explanation : errorText(explanationOf(responseBody));
      return new ChatServerError(address, statusCode, body, {
        retryAfterSeconds: parseRetryAfter(responseHeaders?.["retry-after"]),
        answeredBefore,
      });
    }
    if (statusCode === undefined) return new ChatConnectionError(address, explanation);
  }
  if (call.success || unreadable.has(name)) {
    return new ChatReplyError("malformed", address, explanation, "Does the provider fit the server?");
  }
  // `fetch` throws a TypeError for a broken connection.
  if (error instanceof TypeError) return new ChatConnectionError(address, explanation);
  const isPermanent = ofSettings.has(name) || (ofRequests.has(name) && !answeredBefore);
  return new ChatProviderError(address, explanation, { isPermanent, cause: error });
}

const unreadable = new Set([
  "AI_JSONParseError",
  "AI_TypeValidationError",
  "AI_InvalidResponseDataError",
  "AI_EmptyResponseBodyError",
  "AI_NoContentGeneratedError",
]);

/** They concern the provider's settings, so they come with every request. */
const ofSettings = new Set([
  "AI_LoadAPIKeyError",
  "AI_LoadSettingError",
  "AI_NoSuchModelError",
  "AI_NoSuchProviderError",
  "AI_UnsupportedModelVersionError",
]);

/** They may concern one transcript, unless no request has been answered yet. */
const ofRequests = new Set([
  "AI_InvalidArgumentError",
  "AI_InvalidPromptError",
  "AI_UnsupportedFunctionalityError",
]);
