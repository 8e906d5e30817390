import pRetry from "p-retry";
import { EefError } from "../../errors.ts";
import { explanationOf } from "../../policy/chat/protocol.ts";
import { printableLine } from "../../report/printable.ts";

/** How much of a server's own text goes into an error. */
const longestExplanation = 400;
const longestAnswer = 8 * 1024 * 1024;

/** A service that trains or serves did not do what it was asked. */
export class ServiceError extends EefError {
  override readonly name = "ServiceError";
  /** Undefined if there was no answer. */
  readonly status: number | undefined;

  constructor(what: string, status: number | undefined, explanation: string, hint?: string) {
    const answer = status === undefined ? "gave no answer" : `answered with status ${status}`;
    super(`${what} ${answer}${explanation === "" ? "" : `: ${explanation}`}`, {
      hint: hint ?? hintFor(status),
    });
    this.status = status;
  }
}

function hintFor(status: number | undefined): string {
  if (status === undefined) return "Is the server running, and is its address right?";
  if (status === 401 || status === 403) {
    return "Is the key right, and is it in the environment variable that `apiKeyEnvironmentVariable` names?";
  }
  return status >= 500 || status === 429
    ? "The service is busy or failed: run the same command again later, it continues from here."
    : "The service refused the request: its text says why.";
}

export interface ServiceRequest {
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT";
  /** Sent as `Authorization: Bearer`, and kept out of every text. */
  readonly key?: string | undefined;
  readonly body?: string | URLSearchParams | Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
  /** Answers that are no failure besides 2xx. */
  readonly accepted?: readonly number[];
  /** Attempts after the first one: after no answer, 429 and 5xx. Only for requests that may be made twice. Default 0. */
  readonly retries?: number;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One request to a service. Redirects are not followed: they would take the key elsewhere. */
export async function callService(request: ServiceRequest): Promise<ServiceAnswer> {
  const { retries = 0, signal } = request;
  return await pRetry(() => attempt(request), {
    retries,
    minTimeout: 500,
    maxTimeout: 30_000,
    randomize: true,
    ...(signal === undefined ? {} : { signal }),
    shouldRetry: ({ error }) =>
      error instanceof ServiceError &&
      (error.status === undefined || error.status === 429 || error.status >= 500),
  });
}

async function attempt(request: ServiceRequest): Promise<ServiceAnswer> {
  const { url, method, key, body, contentType, accepted = [], timeoutSeconds = 60, signal } = request;
  const shownUrl = withoutSecrets(url);
  const what = `${method} ${shownUrl}`;
  const shown = (text: string) => explain(text.replaceAll(url, shownUrl), key);
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  let answer: ServiceAnswer;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(contentType === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    answer = { status: response.status, headers: response.headers, text: await readBounded(response) };
  } catch (error) {
    signal?.throwIfAborted();
    const problem = timeout.aborted ? `none within ${timeoutSeconds} seconds` : networkProblem(error);
    throw new ServiceError(what, undefined, shown(problem));
  }
  const { status, text } = answer;
  if ((status >= 200 && status < 300) || accepted.includes(status)) return answer;
  throw new ServiceError(what, status, shown(explanationOf(text)));
}

/** The beginning of a text that is too long is no JSON, and is refused as such. */
async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > longestAnswer) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The query of a presigned address is a secret, as a password in it is. */
function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//");
}

function explain(text: string, key: string | undefined): string {
  return printableLine(key === undefined ? text : text.replaceAll(key, "[redacted]"), longestExplanation);
}

/** `fetch` says only "fetch failed"; the reason is in the cause. */
function networkProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
