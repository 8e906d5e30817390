import { z } from "zod";
import type { ChatReply } from "./chat-model.ts";

/**
 * The part of an OpenAI-compatible chat completion that is used here. Servers add fields of their own, so unknown ones are
 * allowed; what is read is checked.
 */
/** 0 means that the server does not count: every prompt has tokens, and so has every reply. */
const tokenCount = z
  .number()
  .positive()
  .transform((count) => Math.ceil(count))
  .optional()
  .catch(undefined);
const usageSchema = z
  .object({ prompt_tokens: tokenCount, completion_tokens: tokenCount })
  .nullish()
  .catch(null);

/** 0, and what rounding may add. */
const largestLogProbability = 1e-3;

const logProbabilitiesSchema = z
  .object({
    content: z
      .array(
        z.object({
          token: z.string(),
          logprob: z.number().max(largestLogProbability),
          bytes: z.array(z.number().int()).nullish(),
        }),
      )
      .nullish(),
  })
  .nullish()
  .catch(null);

/** Text by the protocol; some servers give the object itself. */
const argumentsSchema = z.union([
  z.string(),
  z.record(z.string(), z.unknown()).transform((given) => JSON.stringify(given)),
]);

/** Text, or parts of which those of text are read. */
const contentSchema = z
  .union([
    z.string(),
    z
      .array(z.looseObject({ text: z.string().nullish().catch(null) }))
      .transform((parts) => parts.map(({ text }) => text ?? "").join("")),
  ])
  .nullish();

/** What a model thought before its reply, where the server tells it. It is not part of the message. */
const reasoning = {
  reasoning_content: z.unknown().optional(),
  reasoning: z.unknown().optional(),
};

const calledSchema = z.object({ name: z.string().nullish(), arguments: argumentsSchema.nullish() }).nullish();

const chatCompletionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: contentSchema,
          refusal: z.string().nullish(),
          tool_calls: z.array(z.object({ function: calledSchema })).nullish(),
          ...reasoning,
        }),
        finish_reason: z.string().nullish(),
        logprobs: logProbabilitiesSchema,
      }),
    )
    .min(1, "no choices"),
  usage: usageSchema,
});
/** Made once: Zod takes longer for it than for a completion. */
const replySchema = chatCompletionSchema.transform(toReply);

/** A piece of a streamed completion. The last one may have no choices, only the usage. */
export const chatChunkSchema = z.object({
  choices: z
    .array(
      z.object({
        index: z.number().nullish(),
        delta: z
          .object({
            content: contentSchema,
            refusal: z.string().nullish(),
            tool_calls: z
              .array(
                z.object({
                  index: z.number().int().nonnegative().nullish(),
                  id: z.string().nullish().catch(null),
                  function: calledSchema,
                }),
              )
              .nullish(),
            ...reasoning,
          })
          .nullish(),
        finish_reason: z.string().nullish(),
        logprobs: logProbabilitiesSchema,
      }),
    )
    .nullish(),
  usage: usageSchema,
});
export type ChatChunk = z.infer<typeof chatChunkSchema>;

/** The completion's first choice. A ZodError's first issue says what is wrong with it. */
export function parseCompletion(json: unknown): z.ZodSafeParseResult<ChatReply> {
  return replySchema.safeParse(json);
}

function toReply({ choices, usage }: z.output<typeof chatCompletionSchema>): ChatReply {
  const [choice] = choices;
  const { message } = choice ?? {};
  return {
    content: message?.content ?? "",
    toolCalls: (message?.tool_calls ?? []).map(({ function: called }) => ({
      name: called?.name ?? "",
      arguments: called?.arguments ?? "",
    })),
    ...optionalParts({
      refusal: message?.refusal,
      finishReason: choice?.finish_reason,
      usage,
      tokens: reasons(message) ? undefined : tokensOf(choice?.logprobs),
    }),
  };
}

/** The fields of a reply that may be missing, left out where they are. */
export function optionalParts(parts: {
  readonly refusal: string | null | undefined;
  readonly finishReason: string | null | undefined;
  readonly usage: z.output<typeof usageSchema>;
  readonly tokens: ChatReply["tokens"];
}): Partial<ChatReply> {
  const { refusal, finishReason, usage, tokens } = parts;
  return {
    ...(refusal ? { refusal } : {}),
    ...(finishReason ? { finishReason } : {}),
    ...(usage?.prompt_tokens === undefined ? {} : { promptTokens: usage.prompt_tokens }),
    ...(usage?.completion_tokens === undefined ? {} : { generatedTokens: usage.completion_tokens }),
    ...(tokens === undefined ? {} : { tokens }),
  };
}

/** Whether a message, or a piece of one, comes with thoughts: then the tokens listed beside it may be theirs. */
export function reasons(
  message: { readonly reasoning_content?: unknown; readonly reasoning?: unknown } | null | undefined,
): boolean {
  return Boolean(message?.reasoning_content) || Boolean(message?.reasoning);
}

export function tokensOf(logprobs: z.output<typeof logProbabilitiesSchema>): ChatReply["tokens"] {
  return logprobs?.content?.map(({ token, logprob, bytes }) => ({
    bytes: bytes ? Uint8Array.from(bytes) : Buffer.from(token),
    logProbability: logprob,
  }));
}

/** What servers put into the body of an answer with an error status. */
const chatErrorSchema = z.union([
  z.object({
    error: z.object({ message: z.string(), code: z.unknown().optional(), type: z.unknown().optional() }),
  }),
  z.object({ error: z.string() }),
  z.object({ message: z.string() }),
  z.object({ detail: z.string() }),
]);

/** The explanation in the body of a failed request, or the body itself where it is not in a known form. */
export function explanationOf(body: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return body;
  }
  const known = chatErrorSchema.safeParse(parsed);
  if (!known.success) return body;
  if ("detail" in known.data) return known.data.detail;
  if ("message" in known.data) return known.data.message;
  const { error } = known.data;
  if (typeof error === "string") return error;
  // The code comes first: it is short, and an error text is bounded.
  return [error.code ?? error.type, error.message].filter((part) => typeof part === "string").join(": ");
}

/**
 * Whether a refused request was longer than the model's context. Servers say so with status 400 (llama.cpp, vLLM, SGLang, OpenAI) or 413, and
 * in words of their own.
 */
export function isContextOverflow(status: number, explanation: string): boolean {
  if (status !== 400 && status !== 413) return false;
  return /context[_ ]length|maximum context|context window|exceed_context_size|context size|longer than the model's/i.test(
    explanation,
  );
}
