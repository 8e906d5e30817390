import type { ToolDeclaration } from "../../trajectory.ts";
import { ChatConnectionError } from "./chat-connection-error.ts";
import type { ChatCall, ChatModel, ChatReply } from "./chat-model.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { errorText, parseRetryAfter } from "./error-text.ts";
import { AnswerTooLongError, createHttpClient, type HttpAnswer, type HttpLimits } from "./http.ts";
import { PolicyError } from "./policy-error.ts";
import { explanationOf, parseCompletion } from "./protocol.ts";
import { readStream } from "./stream.ts";

export interface OpenAiModelOptions extends Omit<HttpLimits, "maximumAnswerBytes"> {
  /** Where completions are made, `/chat/completions` included. */
  readonly url: string;
  readonly model: string;
  /** Called for each request, so that a key is kept nowhere. Their values are kept out of every error text. */
  readonly headers: () => {
    readonly all: Readonly<Record<string, string>>;
    readonly secrets: readonly string[];
  };
  readonly maximumTokens: number;
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
  return {
    address: url,
    complete: async (call, signal) => {
      const { all, secrets } = options.headers();
      const body = JSON.stringify(bodyOf(call, options));
      let answer: HttpAnswer;
      try {
        answer = await client.post({ headers: all, body, streams: stream, signal });
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof PolicyError) throw error;
        if (error instanceof AnswerTooLongError) throw malformed(url, error.message, baseUrlHint);
        throw new ChatConnectionError(url, errorText(networkProblem(error), secrets));
      }
      const { status, text, retryAfter } = answer;
      if (status < 200 || status > 299) {
        throw new ChatServerError(url, status, errorText(explanationOf(text), secrets), {
          retryAfterSeconds: parseRetryAfter(retryAfter),
          answeredBefore,
        });
      }
      const reply =
        stream && answer.isEventStream
          ? streamedReply(url, text, secrets, answeredBefore)
          : wholeReply(url, text, secrets);
      answeredBefore = true;
      return reply;
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

function bodyOf({ messages, tools, temperature, seed }: ChatCall, options: OpenAiModelOptions) {
  const { model, maximumTokens, stop, stream, logProbabilities, extraBody } = options;
  return {
    model,
    messages,
    ...(tools.length === 0 ? {} : { tools: tools.map(asFunction), parallel_tool_calls: false }),
    temperature,
    max_tokens: maximumTokens,
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

function wholeReply(url: string, text: string, secrets: readonly string[]): ChatReply {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed(url, `expected JSON, received ${JSON.stringify(errorText(text, secrets))}`, baseUrlHint);
  }
  const parsed = parseCompletion(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(
    url,
    `expected a chat completion; ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not one"}`,
    "Is the server OpenAI-compatible?",
  );
}

function streamedReply(
  url: string,
  text: string,
  secrets: readonly string[],
  answeredBefore: boolean,
): ChatReply {
  const read = readStream(text);
  if ("reply" in read) return read.reply;
  const { problem } = read;
  switch (problem.kind) {
    case "cut-off":
      throw new ChatConnectionError(url, "the stream broke off");
    case "malformed":
      throw malformed(url, errorText(problem.explanation, secrets), "Is the server OpenAI-compatible?");
    case "error":
      throw new ChatServerError(url, problem.status, errorText(explanationOf(problem.body), secrets), {
        answeredBefore,
      });
  }
}

function malformed(url: string, explanation: string, hint: string): ChatReplyError {
  return new ChatReplyError("malformed", url, explanation, hint);
}

/** Node's errors of several addresses have an empty message, and their codes in `errors`. */
function networkProblem(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(networkProblem).join("; ");
  return error instanceof Error ? error.message : String(error);
}
