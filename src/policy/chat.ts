import { createHash } from "node:crypto";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import { readApiKey } from "./chat/api-key.ts";
import { checkedBaseUrl } from "./chat/base-url.ts";
import { createChatAct } from "./chat/chat-act.ts";
import { createOpenAiModel } from "./chat/openai-model.ts";
import { chatSettings, identityOf, longestSeconds, parseChatOptions } from "./chat/settings.ts";
import { createTraffic, type Traffic } from "./chat/traffic.ts";
import type { Policy } from "./policy.ts";

export const chatPolicyOptionsSchema = z.strictObject({
  ...chatSettings,
  /** Up to where `/chat/completions` begins: "http://127.0.0.1:8000/v1". */
  baseUrl: z.string(),
  model: z.string().min(1),
  /** The environment variable that holds the key. Without one, no key is sent (most local servers want none). */
  apiKeyEnvironmentVariable: z.string().min(1).optional(),
  /** Has the server send its answer piece by piece, so that one that stops writing is noticed early. */
  stream: z.boolean().default(false),
  /** Asks for the log-probabilities of the tokens written. Not every server can tell them, and some refuse the question. */
  logProbabilities: z.boolean().default(false),
  /** Until the connection stands. */
  connectTimeoutSeconds: z.number().positive().max(longestSeconds).default(10),
  /** Within an answer, without a piece of it. */
  stallTimeoutSeconds: z.number().positive().max(longestSeconds).default(60),
  /** Sent with each request, for servers that want more than a key. Never stored, and never shown in errors. */
  headers: z.record(z.string(), z.string()).superRefine(refuseUnsendable).default({}),
  /** What the field for `maximumTokens` is called: newer models of OpenAI know only the second. */
  maximumTokensField: z.enum(["max_tokens", "max_completion_tokens"]).default("max_tokens"),
  /** Further fields of the request body, such as `top_p`; they overrule those made here. */
  extraBody: z.record(z.string(), z.unknown()).default({}),
});
export type ChatPolicyOptions = z.input<typeof chatPolicyOptionsSchema>;

/** Headers that Node would refuse at every request. Their values are not shown. */
function refuseUnsendable(headers: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const [name, value] of Object.entries(headers)) {
    const problem = headerProblem(name, value);
    if (problem !== undefined) context.addIssue({ code: "custom", path: [name], message: problem });
  }
}

function headerProblem(name: string, value: string): string | undefined {
  try {
    validateHeaderName(name);
  } catch {
    return "is no name of a header";
  }
  try {
    validateHeaderValue(name, value);
  } catch {
    return "holds a line break or another character that no header may hold (its value is not shown)";
  }
  return undefined;
}

/**
 * A policy on any server that speaks the OpenAI chat protocol (vLLM, SGLang, llama.cpp, Ollama, hosted ones).
 * Everything about it stands in docs/chat-policy.md.
 *
 * Throws a ConfigurationError at once for options that cannot work, and a PolicyError from `act` for everything between
 * here and the server.
 */
export function chatPolicy(input: ChatPolicyOptions): Policy {
  const options = parseChatOptions(chatPolicyOptionsSchema, input);
  return policyWith(options, createTraffic(`chat:${options.model} ${versionOf(options)}`, options));
}

/** A chat policy that shares the limits and the budget of others. */
export function chatPolicyWithin(input: ChatPolicyOptions, traffic: Traffic): Policy {
  return policyWith(parseChatOptions(chatPolicyOptionsSchema, input), traffic);
}

function policyWith(options: ParsedOptions, traffic: Traffic): Policy {
  const url = `${checkedBaseUrl("chat policy", options.baseUrl)}/chat/completions`;
  const key = () => {
    const variable = options.apiKeyEnvironmentVariable;
    return variable === undefined ? undefined : readApiKey("chat policy", variable);
  };
  // One that is missing is to be known before the run.
  key();
  const model = createOpenAiModel({ ...options, url, key });
  return {
    name: `chat:${options.model}`,
    version: versionOf(options),
    ...createChatAct({ modelName: options.model, model, settings: options, traffic }),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

type ParsedOptions = z.output<typeof chatPolicyOptionsSchema>;

/** Everything that may change what the model answers; keys, headers, limits and the way of transport do not. */
function versionOf(options: ParsedOptions): string {
  const { baseUrl, model, systemPrompt, temperature, maximumTokens, stop, extraBody } = options;
  const identity = {
    baseUrl,
    model,
    systemPrompt,
    temperature,
    maximumTokens,
    stop,
    extraBody,
    ...identityOf(options),
  };
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
}
