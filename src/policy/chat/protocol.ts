import { z } from "zod";

/**
 * The part of an OpenAI-compatible chat completion that is used here. Servers add fields of their own, so unknown ones are
 * allowed; what is read is checked.
 */
export const chatCompletionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1, "no choices"),
  usage: z
    .object({
      prompt_tokens: z.number().int().nonnegative(),
      completion_tokens: z.number().int().nonnegative().default(0),
    })
    .nullish()
    .catch(null),
});
export type ChatCompletion = z.infer<typeof chatCompletionSchema>;

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
