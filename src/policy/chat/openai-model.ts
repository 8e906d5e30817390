import type { ToolDeclaration } from "../../trajectory.ts";
import { AnswerReader, type Outcome } from "./answer-reader.ts";
import { ChatConnectionError } from "./chat-connection-error.ts";
import type { ChatCall, ChatModel, ChatReply } from "./chat-model.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { errorText, parseRetryAfter } from "./error-text.ts";
import { AnswerTooLongError, createHttpClient, type HttpAnswer, type HttpLimits } from "./http.ts";
import { PolicyError } from "./policy-error.ts";
import { explanationOf } from "./protocol.ts";

export interface OpenAiModelOptions extends Omit<HttpLimits, "maximumAnswerBytes"> {
  /** Where completions are made, `/chat/completions` included. */
  readonly url: string;
  readonly model: string;
  /** Read for each request, so that it is kept nowhere. */
  readonly key: () => string | undefined;
  /** Besides the key's. Their values are kept out of every error text, as the key is. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maximumTokens: number;
  /** What the request's field for it is called. */
  readonly maximumTokensField: "max_tokens" | "max_completion_tokens";
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly logProbabilities: boolean;
  readonly extraBody: Readonly<Record<string, unknown>>;
}

/** An answer is read up to these sizes; a longer one is not a chat completion. A stream repeats its frame for every token. */
const maximumAnswerBytes = 4 * 1024 * 1024;
const maximumStreamBytes = 32 * 1024 * 1024;

const baseUrlHint = "Does `baseUrl` end where `/chat/completions` begins (usually in /v1)?";

/** A model behind any server that speaks the OpenAI chat protocol. */
export function createOpenAiModel(options: OpenAiModelOptions): ChatModel {
  const { url, stream } = options;
  const client = createHttpClient(url, {
    ...options,
    maximumAnswerBytes: stream ? maximumStreamBytes : maximumAnswerBytes,
  });
  let answeredBefore = false;

  const replyOf = (outcome: Outcome, shown: (text: string) => string): ChatReply => {
    switch (outcome.kind) {
      case "reply":
        return outcome.reply;
      case "cut-off":
        throw new ChatConnectionError(url, "the stream broke off");
      case "malformed": {
        const { explanation, isJson } = outcome;
        if (isJson) throw malformed(url, shown(explanation), "Is the server OpenAI-compatible?");
        throw malformed(url, `expected JSON, received ${JSON.stringify(shown(explanation))}`, baseUrlHint);
      }
      case "error": {
        const { status, body } = outcome.error;
        throw new ChatServerError(url, status, shown(explanationOf(body)), {
          answeredBefore,
          isWithinAnswer: true,
        });
      }
    }
  };
  return {
    address: url,
    complete: async (call, signal) => {
      const key = options.key();
      const headers = {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...options.headers,
      };
      const secrets = [...(key === undefined ? [] : [key]), ...Object.values(options.headers)];
      // No text of the server gets into an error but through this.
      const shown = (text: string) => errorText(text, secrets);
      const body = JSON.stringify(bodyOf(call, options));
      const reader = new AnswerReader();
      const read = (text: string) => reader.push(text);
      let answer: HttpAnswer;
      try {
        answer = await client.post({ headers, body, streams: stream, read, signal });
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof PolicyError) throw error;
        if (error instanceof AnswerTooLongError) throw malformed(url, error.message, baseUrlHint);
        throw new ChatConnectionError(url, shown(networkProblem(error)));
      }
      const { status, text, retryAfter } = answer;
      if (status < 200 || status > 299) {
        throw new ChatServerError(url, status, shown(explanationOf(text)), {
          retryAfterSeconds: parseRetryAfter(retryAfter),
          answeredBefore,
        });
      }
      const reply = withoutKey(replyOf(reader.outcome(), shown), key);
      answeredBefore = true;
      return reply;
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

function bodyOf({ messages, tools, temperature, seed }: ChatCall, options: OpenAiModelOptions) {
  const { model, maximumTokens, maximumTokensField, stop, stream, logProbabilities, extraBody } = options;
  return {
    model,
    messages,
    ...(tools.length === 0 ? {} : { tools: tools.map(asFunction), parallel_tool_calls: false }),
    temperature,
    [maximumTokensField]: maximumTokens,
    seed,
    ...(stop.length === 0 ? {} : { stop }),
    ...(logProbabilities ? { logprobs: true } : {}),
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    ...extraBody,
  };
}

function asFunction({ name, description, parameters }: ToolDeclaration) {
  return { type: "function", function: { name, description, parameters } };
}

/** Shorter ones, such as "EMPTY" for a local server, are no secrets, but may be words that a model writes. */
const shortestSecretKey = 16;

/** A server that repeats the key in what it says for the model must not bring it into stored episodes. */
function withoutKey(reply: ChatReply, key: string | undefined): ChatReply {
  if (key === undefined || key.length < shortestSecretKey) return reply;
  const clean = (text: string) => text.replaceAll(key, "[redacted]");
  return {
    ...reply,
    content: clean(reply.content),
    toolCalls: reply.toolCalls.map((call) => ({
      name: clean(call.name),
      arguments: clean(call.arguments),
    })),
    ...(reply.refusal === undefined ? {} : { refusal: clean(reply.refusal) }),
  };
}

function malformed(url: string, explanation: string, hint: string): ChatReplyError {
  return new ChatReplyError("malformed", url, explanation, hint);
}

/** Node's errors of several addresses have an empty message, and their codes in `errors`. */
function networkProblem(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(networkProblem).join("; ");
  return error instanceof Error ? error.message : String(error);
}
