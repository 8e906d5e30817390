import { z } from "zod";
import type { Truncation } from "../model/sampling/truncation.ts";
import type { Message } from "../trajectory.ts";
import { ApiError } from "./api-error.ts";
import { messageSchema } from "./request-message.ts";
import { withoutNulls } from "./without-nulls.ts";

/** What a client asks for, with defaults filled in. */
export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream: boolean;
  /** Whether a stream ends with a chunk that counts the tokens. */
  readonly includeUsage: boolean;
  /** How many answers to the same messages. */
  readonly choices: number;
  readonly temperature: number;
  /** Undefined where all tokens may be drawn. */
  readonly truncation: Truncation | undefined;
  /** Undefined where the client leaves it to chance. */
  readonly seed: number | undefined;
  readonly stop: readonly string[];
  /** The most tokens of one answer; undefined: as many as there is room for. */
  readonly maximumTokens: number | undefined;
  /** How many likely tokens to tell beside each token written; undefined: no log-probabilities at all. */
  readonly likeliestTokens: number | undefined;
}

const stopSchema = z.string().min(1, "empty").max(256, "longer than 256 characters");

/** What would change the answer, but can only be taken at the values that do not. */
const only = <const Values extends readonly [number | boolean | string, ...(number | boolean | string)[]]>(
  ...values: Values
) =>
  z
    .literal([...values], {
      error: `only ${values.map((value) => JSON.stringify(value)).join(" or ")} is supported here`,
    })
    .optional();
const onlyEmpty = z
  .array(z.unknown(), { error: "not supported here" })
  .max(0, "not supported here")
  .optional();

/** What changes no answer here: names and accounts, and how a service does its work. */
const withoutEffect = Object.fromEntries(
  [
    ...["user", "metadata", "store", "safety_identifier", "request_id"],
    ...["service_tier", "priority", "prediction", "parallel_tool_calls"],
    ...["prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "cache_salt"],
    // No answer holds a special token.
    ...["skip_special_tokens", "spaces_between_special_tokens"],
  ].map((name) => [name, z.unknown().optional()]),
);

/** `POST /v1/chat/completions`, without fields that are null: that says the same as to leave them out. */
const requestSchema = z.strictObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().optional(),
  stream_options: z
    .looseObject({ include_usage: z.boolean().nullish(), continuous_usage_stats: only(false).nullable() })
    .optional(),
  n: z.int().min(1).max(16).optional(),
  temperature: z.number().min(0).optional(),
  top_p: z.number().min(0).max(1).optional(),
  // Of vLLM, SGLang and llama.cpp: 0 and -1 turn it off.
  top_k: z.int().min(-1).optional(),
  min_p: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
  stop: z
    .union([stopSchema, z.array(stopSchema).max(16)], {
      error: "expected a text or a list of up to 16 texts",
    })
    .optional(),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  repetition_penalty: only(1),
  length_penalty: only(1),
  logit_bias: z
    .record(z.string(), z.unknown())
    .refine((bias) => Object.keys(bias).length === 0, "not supported here")
    .optional(),
  tools: onlyEmpty,
  tool_choice: only("none", "auto"),
  functions: onlyEmpty,
  function_call: only("none", "auto"),
  response_format: z
    .looseObject({ type: z.literal("text", { error: "only text is supported here" }) })
    .optional(),
  modalities: z.array(z.literal("text", { error: "only text is supported here" })).optional(),
  reasoning_effort: only("none"),
  verbosity: only("medium"),
  // Of vLLM and SGLang.
  best_of: only(1),
  use_beam_search: only(false),
  ignore_eos: only(false),
  min_tokens: only(0),
  stop_token_ids: onlyEmpty,
  bad_words: onlyEmpty,
  include_stop_str_in_output: only(false),
  echo: only(false),
  add_generation_prompt: only(true),
  continue_final_message: only(false),
  add_special_tokens: only(false),
  prompt_logprobs: only(0),
  return_token_ids: only(false),
  return_tokens_as_token_ids: only(false),
  ...withoutEffect,
});

/**
 * Reads the body of a request. A parameter that is not known is refused as well: it might change the answer (`guided_json`),
 * or be misspelt.
 * @throws ApiError (400) naming the field that is wrong.
 */
export function parseCompletionRequest(body: unknown): CompletionRequest {
  const parsed = requestSchema.safeParse(withoutNulls(body));
  if (!parsed.success) throw refusal(parsed.error.issues[0]);
  const { data } = parsed;
  const logProbabilities = data.logprobs ?? false;
  if (!logProbabilities && (data.top_logprobs ?? 0) > 0) {
    const parameter = "top_logprobs";
    throw new ApiError(400, `${parameter}: it needs \`logprobs\` to be true`, { parameter });
  }
  return {
    model: data.model,
    messages: data.messages,
    stream: data.stream ?? false,
    includeUsage: data.stream_options?.include_usage ?? false,
    choices: data.n ?? 1,
    temperature: data.temperature ?? 1,
    truncation: truncationOf(data),
    seed: data.seed,
    stop: [data.stop ?? []].flat(),
    maximumTokens: data.max_completion_tokens ?? data.max_tokens,
    likeliestTokens: logProbabilities ? (data.top_logprobs ?? 0) : undefined,
  };
}

function truncationOf({
  top_k: topK = 0,
  top_p: topP = 1,
  min_p: minP = 0,
}: z.infer<typeof requestSchema>): Truncation | undefined {
  if (topK < 1 && topP === 1 && minP === 0) return undefined;
  return { ...(topK < 1 ? {} : { topK }), topP, minP };
}

function refusal(issue: z.core.$ZodIssue | undefined): ApiError {
  const unknown = issue?.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys[0] : undefined;
  if (unknown !== undefined) {
    const parameter = unknown.slice(0, 100);
    return new ApiError(400, `${parameter}: this server does not have it; leave it out`, {
      parameter,
      code: "unknown_parameter",
    });
  }
  const problem = issue?.message ?? "not a chat completion request";
  const parameter = parameterAt(issue?.path ?? []);
  return parameter === ""
    ? new ApiError(400, `The body: ${problem}`)
    : new ApiError(400, `${parameter}: ${problem}`, { parameter });
}

/** As OpenAI writes it: `messages[0].content`. */
function parameterAt(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
}
