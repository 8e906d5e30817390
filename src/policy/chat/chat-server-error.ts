import { PolicyError } from "./policy-error.ts";

/**
 * The chat server answered with a status other than 2xx. 408, 409, 429 and 5xx may pass and are retried; any other
 * status, such as 400, 401, 403 or 404, stays the same however often it is asked.
 */
export class ChatServerError extends PolicyError {
  override readonly name = "ChatServerError";
  readonly status: number;
  /** What the server asked to wait, from its Retry-After header. */
  readonly retryAfterSeconds: number | undefined;

  /** `explanation` is the server's own text, already bounded and free of secrets. */
  constructor(url: string, status: number, explanation: string, retryAfterSeconds?: number) {
    super(`${url} answered with status ${status}${explanation === "" ? "" : `: ${explanation}`}`, {
      hint: hintFor(status),
    });
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get isTransient(): boolean {
    return this.status === 408 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) {
    return "Is the key right, and is it in the environment variable that `apiKeyEnvironmentVariable` names?";
  }
  if (status === 404) {
    return "Does `model` name a model that the server has, and does `baseUrl` end where `/chat/completions` begins (usually in /v1)?";
  }
  if (status >= 300 && status < 400) return "The server has moved: give its new address as `baseUrl`.";
  if (status === 429)
    return "The server limits its use: run fewer rollouts at once, or allow more `retries`.";
  if (status >= 500) return "The server failed: look at its own log, or allow more `retries`.";
  return "The server refused the request: does it know every field, and does the model accept these settings?";
}
