import { setTimeout as delay } from "node:timers/promises";
import pRetry from "p-retry";
import { ChatConnectionError } from "./chat-connection-error.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { ChatTimeoutError } from "./chat-timeout-error.ts";
import { type ChatCompletion, chatCompletionSchema, explanationOf } from "./protocol.ts";

/** An answer is read up to this size; a longer one is not a chat completion. */
const maximumAnswerBytes = 4 * 1024 * 1024;
/** How much of a server's own text goes into an error. */
const maximumExplanationLength = 300;

export interface ChatRequestOptions {
  readonly url: string;
  /** Sent as they are. Their values are kept out of every error text. */
  readonly headers: Readonly<Record<string, string>>;
  /** Texts that no error may show. */
  readonly secrets: readonly string[];
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** Before the first retry; it doubles with each further one, with a random part of the same size. */
  readonly backoffSeconds: number;
  readonly maximumRetryAfterSeconds: number;
  readonly signal?: AbortSignal;
}

/**
 * One chat completion, retried while there is hope.
 *
 * Throws ChatServerError, ChatConnectionError, ChatTimeoutError or ChatReplyError; and the reason of `signal` if that was aborted.
 */
export async function requestCompletion(body: object, options: ChatRequestOptions): Promise<ChatCompletion> {
  const text = JSON.stringify(body);
  const { signal } = options;
  return await pRetry(() => attempt(text, options), {
    retries: options.retries,
    minTimeout: options.backoffSeconds * 1000,
    maxTimeout: 60_000,
    randomize: true,
    ...(signal === undefined ? {} : { signal }),
    shouldRetry: async ({ error }) => {
      if (error instanceof ChatConnectionError || error instanceof ChatTimeoutError) return true;
      if (!(error instanceof ChatServerError) || !error.isTransient) return false;
      const wait = error.retryAfterSeconds ?? 0;
      if (wait > options.maximumRetryAfterSeconds) return false;
      if (wait > 0) await delay(wait * 1000, undefined, signal === undefined ? {} : { signal });
      return true;
    },
  });
}

async function attempt(body: string, options: ChatRequestOptions): Promise<ChatCompletion> {
  const { url, headers, timeoutSeconds, signal } = options;
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  let status: number;
  let retryAfter: string | null;
  let answer: string;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body,
      // A redirect would drop the body or take the key elsewhere.
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    status = response.status;
    retryAfter = response.headers.get("retry-after");
    answer = await readBounded(response, url);
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted) throw new ChatTimeoutError(url, timeoutSeconds);
    if (error instanceof ChatReplyError) throw error;
    throw new ChatConnectionError(url, explain(networkProblem(error), options));
  }
  if (status < 200 || status > 299) {
    throw new ChatServerError(
      url,
      status,
      explain(explanationOf(answer), options),
      parseRetryAfter(retryAfter),
    );
  }
  return parseCompletion(answer, options);
}

async function readBounded(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maximumAnswerBytes) {
      throw new ChatReplyError(
        url,
        `its answer is longer than ${maximumAnswerBytes} bytes`,
        "Is `baseUrl` the address of a chat server?",
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseCompletion(answer: string, options: ChatRequestOptions): ChatCompletion {
  let json: unknown;
  try {
    json = JSON.parse(answer);
  } catch {
    throw new ChatReplyError(
      options.url,
      `expected JSON, received ${JSON.stringify(explain(answer, options))}`,
      "Does `baseUrl` end where `/chat/completions` begins (usually in /v1)?",
    );
  }
  const parsed = chatCompletionSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ChatReplyError(
    options.url,
    `expected a chat completion; ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not one"}`,
    "Is the server OpenAI-compatible, and is streaming off?",
  );
}

/** Untrusted text made fit for an error: secrets out, one line, bounded. */
function explain(text: string, { secrets }: ChatRequestOptions): string {
  let safe = text;
  // A header value such as "1" is no secret, and replacing it would garble the text.
  for (const secret of secrets) if (secret.length > 4) safe = safe.replaceAll(secret, "[redacted]");
  safe = safe.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
  return safe.length > maximumExplanationLength ? `${safe.slice(0, maximumExplanationLength)}…` : safe;
}

/** `fetch` says only "fetch failed"; the reason is in the cause. */
function networkProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return [cause.message, code].filter((part) => part !== undefined && part !== "").join(" ");
}

/** RFC 9110, 10.2.3: a number of seconds, or a date. Anything else counts as absent. */
export function parseRetryAfter(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
