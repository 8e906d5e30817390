import { createHash } from "node:crypto";
import { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { deriveSeed } from "../random.ts";
import { ChatReplyError } from "./chat/chat-reply-error.ts";
import { ChatServerError } from "./chat/chat-server-error.ts";
import { ChatTruncatedError } from "./chat/chat-truncated-error.ts";
import { isContextOverflow } from "./chat/protocol.ts";
import { type ChatRequestOptions, requestCompletion } from "./chat/request.ts";
import { TokenAccount } from "./chat/token-account.ts";
import type { ActRequest, ActResult, Policy } from "./policy.ts";

export const chatPolicyOptionsSchema = z.strictObject({
  /** Up to where `/chat/completions` begins: "http://127.0.0.1:8000/v1". */
  baseUrl: z.string(),
  model: z.string().min(1),
  /** The environment variable that holds the key. Without one, no key is sent (most local servers want none). */
  apiKeyEnvironmentVariable: z.string().min(1).optional(),
  /** Sent instead of the environment's own system prompt. */
  systemPrompt: z.string().optional(),
  /** Used instead of the temperature that a rollout asks for; some models allow only one value. */
  temperature: z.number().min(0).optional(),
  /** Most tokens that the model may write in one turn. */
  maximumTokens: z.number().int().positive().default(512),
  /** For each attempt, from sending it to the last byte of the answer. */
  timeoutSeconds: z.number().positive().default(120),
  /** Attempts after the first one. */
  retries: z.number().int().nonnegative().default(5),
  /** Before the first retry; doubled with each further one. */
  backoffSeconds: z.number().nonnegative().default(1),
  /** A server that asks for a longer wait is not waited for. */
  maximumRetryAfterSeconds: z.number().nonnegative().default(120),
  /** Where the model has to stop. The default keeps it from writing the environment's part. */
  stop: z.array(z.string()).default(["\nObservation:"]),
  /** Sent with each request, for servers that want more than a key. Never stored, and never shown in errors. */
  headers: z.record(z.string(), z.string()).default({}),
  /** Further fields of the request body, such as `top_p`; they overrule those made here. */
  extraBody: z.record(z.string(), z.unknown()).default({}),
});
export type ChatPolicyOptions = z.input<typeof chatPolicyOptionsSchema>;

/** A longer reply is cut: far more than any thought and action, and a bound on what is stored. */
const maximumReplyLength = 32_768;

/**
 * A policy on any server that speaks the OpenAI chat protocol (vLLM, SGLang, llama.cpp, Ollama, hosted ones). The transcript is sent as it is;
 * the reply is expected as in message-format.ts, and ends with its first action: what a model writes after it was
 * never done.
 *
 * A transcript that the server finds too long ends the episode with "context-overflow".
 *
 * Throws a ConfigurationError at once for options that cannot work, and a PolicyError from `act` for everything between
 * here and the server.
 */
export function chatPolicy(input: ChatPolicyOptions): Policy {
  const parsed = chatPolicyOptionsSchema.safeParse(input);
  if (!parsed.success) {
    throw new ConfigurationError(`chat policy: ${z.prettifyError(parsed.error)}`);
  }
  const options = parsed.data;
  const url = completionsUrl(options.baseUrl);
  readKey(options.apiKeyEnvironmentVariable);
  const tokens = new TokenAccount();

  return {
    name: `chat:${options.model}`,
    version: versionOf(options),
    async act(request) {
      const messages = withSystemPrompt(request, options.systemPrompt);
      const body = {
        model: options.model,
        messages,
        temperature: options.temperature ?? request.temperature,
        max_tokens: options.maximumTokens,
        // The protocol's seed is a signed integer; 31 bits fit every server.
        seed: deriveSeed("chat", request.seed, request.turn) >>> 1,
        ...(options.stop.length === 0 ? {} : { stop: options.stop }),
        stream: false,
        ...options.extraBody,
      };
      let completion: Awaited<ReturnType<typeof requestCompletion>>;
      try {
        completion = await requestCompletion(body, requestOptions(url, options, request.signal));
      } catch (error) {
        if (error instanceof ChatServerError && isContextOverflow(error.status, error.message)) {
          return { message: "", promptTokens: 0, generatedTokens: 0, stop: "context-overflow" };
        }
        throw error;
      }
      const [choice] = completion.choices;
      const content = choice?.message.content ?? "";
      if (content.trim() === "") {
        const refusal = choice?.message.refusal ?? "";
        throw new ChatReplyError(
          url,
          refusal === ""
            ? `the content is empty (finish_reason ${JSON.stringify(choice?.finish_reason ?? null)})`
            : `the model refused: ${refusal.slice(0, 200)}`,
          "A model that only calls tools or only reasons cannot act here; does it need more `maximumTokens` or another chat template?",
        );
      }
      const { text, complete } = untilFirstAction(content.slice(0, maximumReplyLength));
      if (choice?.finish_reason === "length" && !complete) {
        throw new ChatTruncatedError(options.model, options.maximumTokens, text);
      }
      // Without counts from the server, four characters a token is the usual estimate for English.
      const generatedTokens = completion.usage?.completion_tokens ?? Math.ceil(content.length / 4);
      const promptTokens =
        completion.usage?.prompt_tokens ??
        Math.ceil(messages.reduce((length, message) => length + message.content.length, 0) / 4);
      return {
        message: text,
        promptTokens: tokens.newTokens(request.seed, request.messages, promptTokens, generatedTokens),
        generatedTokens,
      } satisfies ActResult;
    },
    async [Symbol.asyncDispose]() {},
  };
}

type ParsedOptions = z.output<typeof chatPolicyOptionsSchema>;

function completionsUrl(baseUrl: string): string {
  const hint = 'Give an address such as "http://127.0.0.1:8000/v1".';
  // The address itself is not shown where it may hold a password.
  if (!URL.canParse(baseUrl))
    throw new ConfigurationError("chat policy: `baseUrl` is not an address", { hint });
  const url = new URL(baseUrl);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ConfigurationError(
      `chat policy: \`baseUrl\` has the protocol ${url.protocol}, expected http: or https:`,
      {
        hint,
      },
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "") {
    throw new ConfigurationError("chat policy: `baseUrl` holds a password or a query", {
      hint: "Put the key into an environment variable and name that in `apiKeyEnvironmentVariable`.",
    });
  }
  url.hash = "";
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url.href;
}

/** Reads the key anew for each request: it is kept nowhere. */
function readKey(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined;
  const key = process.env[variable]?.trim();
  if (key === undefined || key === "") {
    throw new ConfigurationError(`chat policy: the environment variable ${variable} is not set`, {
      hint: `Set it to the server's key, or leave out \`apiKeyEnvironmentVariable\` if the server wants none.`,
    });
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigurationError(`chat policy: the environment variable ${variable} holds no usable key`, {
      hint: "A key has printable ASCII characters only, and no spaces.",
    });
  }
  return key;
}

function requestOptions(
  url: string,
  options: ParsedOptions,
  signal: AbortSignal | undefined,
): ChatRequestOptions {
  const key = readKey(options.apiKeyEnvironmentVariable);
  return {
    url,
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...options.headers },
    secrets: [...(key === undefined ? [] : [key]), ...Object.values(options.headers)],
    timeoutSeconds: options.timeoutSeconds,
    retries: options.retries,
    backoffSeconds: options.backoffSeconds,
    maximumRetryAfterSeconds: options.maximumRetryAfterSeconds,
    ...(signal === undefined ? {} : { signal }),
  };
}

function withSystemPrompt(
  { messages }: ActRequest,
  systemPrompt: string | undefined,
): ActRequest["messages"] {
  if (systemPrompt === undefined) return messages;
  return [
    { role: "system", content: systemPrompt },
    ...messages.filter((message) => message.role !== "system"),
  ];
}

/** The text up to the end of its first action line, and whether that line is known to be whole. */
function untilFirstAction(content: string): { text: string; complete: boolean } {
  const match = /^Action:.*$/m.exec(content);
  if (match === null) return { text: content.trim(), complete: false };
  const end = match.index + match[0].length;
  return { text: content.slice(0, end).trim(), complete: end < content.length };
}

/** Everything that may change what the model answers; keys and headers do not. */
function versionOf(options: ParsedOptions): string {
  const { baseUrl, model, systemPrompt, temperature, maximumTokens, stop, extraBody } = options;
  const identity = { baseUrl, model, systemPrompt, temperature, maximumTokens, stop, extraBody };
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
}
