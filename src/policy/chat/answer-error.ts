import { z } from "zod";

/** An error that a server puts where a completion, or a piece of one, should be. */
export interface AnswerError {
  /** The HTTP status that it would have had; 500 where the server does not tell. */
  readonly status: number;
  /** JSON, as the body of an answer with that status would be. */
  readonly body: string;
}

const answerSchema = z.object({
  error: z.unknown().optional(),
  message: z.unknown().optional(),
  detail: z.unknown().optional(),
  choices: z.unknown().optional(),
});
const choiceSchema = z.object({ error: z.unknown().optional() });
const codesSchema = z.object({
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  status: z.union([z.string(), z.number()]).optional().catch(undefined),
  type: z.string().optional().catch(undefined),
});

/** Looks for an error in an answer whose status was 200: of the answer, of its first choice, or in place of all else. */
export function errorInAnswer(answer: unknown): AnswerError | undefined {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const { error, message, detail, choices } = parsed.data;
  if (isGiven(error)) return { status: statusOf(error), body: JSON.stringify({ error }) };
  if (Array.isArray(choices)) {
    const choice = choiceSchema.safeParse(choices[0]);
    if (!choice.success || !isGiven(choice.data.error)) return undefined;
    return { status: statusOf(choice.data.error), body: JSON.stringify({ error: choice.data.error }) };
  }
  if (typeof message !== "string" && typeof detail !== "string") return undefined;
  return { status: statusOf(answer), body: JSON.stringify(answer) };
}

function isGiven(error: unknown): boolean {
  return error !== undefined && error !== null && error !== false && error !== "";
}

function statusOf(error: unknown): number {
  const parsed = codesSchema.safeParse(error);
  if (!parsed.success) return 500;
  const { code, status, type } = parsed.data;
  for (const given of [code, status, type]) {
    if (given === undefined) continue;
    const number = statusOfWord[given] ?? Number(given);
    if (Number.isInteger(number) && number >= 400 && number <= 599) return number;
  }
  return 500;
}

/** The words of OpenAI, Anthropic and those that speak like them. */
const statusOfWord: Readonly<Record<string, number>> = {
  authentication_error: 401,
  context_length_exceeded: 400,
  insufficient_quota: 402,
  invalid_api_key: 401,
  invalid_request_error: 400,
  model_not_found: 404,
  not_found_error: 404,
  overloaded_error: 503,
  permission_error: 403,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
};
