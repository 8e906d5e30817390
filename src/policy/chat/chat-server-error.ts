import { PolicyError } from "./policy-error.ts";

export interface ChatServerErrorDetails {
  /** What the server asked to wait, from its Retry-After header. */
  readonly retryAfterSeconds?: number | undefined;
  /** Whether the server has answered any request of this policy with a completion. */
  readonly answeredBefore?: boolean;
  /** Whether the status comes from an error within an answer whose own status was 200. */
  readonly isWithinAnswer?: boolean;
}

/**
 * The chat server answered with a status other than 2xx, or with an error in its place. 408, 409, 429 and 5xx may pass and are retried; any other
 * status, such as 400, 401, 403 or 404, stays the same however often it is asked.
 *
 * 401 to 404 and redirects concern every request, so they are permanent. Any other refusal may be about one transcript, and
 * is permanent only if the server has answered nothing yet: then it is the settings that it refuses.
 */
export class ChatServerError extends PolicyError {
  override readonly name = "ChatServerError";
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly #answeredBefore: boolean;

  /** `explanation` is the server's own text, already bounded and free of secrets. */
  constructor(url: string, status: number, explanation: string, details: ChatServerErrorDetails = {}) {
    const answer =
      details.isWithinAnswer === true ? `an error (${status}) in its answer` : `status ${status}`;
    // In the message itself, because a run stores no hints.
    const advice = wantsAnotherField(status, explanation) ? ` (${otherField})` : "";
    super(`${url} answered with ${answer}${explanation === "" ? "" : `: ${explanation}`}${advice}`, {
      hint: hintFor(status),
    });
    this.status = status;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.#answeredBefore = details.answeredBefore ?? false;
  }

  override get isTransient(): boolean {
    return this.status === 408 || this.status === 409 || this.status === 429 || this.status >= 500;
  }

  override get isPermanent(): boolean {
    if (this.isTransient) return false;
    const concernsAll = this.status < 400 || (this.status >= 401 && this.status <= 404);
    return concernsAll || !this.#answeredBefore;
  }
}

const otherField = 'set `maximumTokensField: "max_completion_tokens"` in the policy\'s options';

function wantsAnotherField(status: number, explanation: string): boolean {
  return status === 400 && explanation.includes("max_completion_tokens");
}

function hintFor(status: number): string {
  if (status === 402) return "Is there credit left at the service?";
  if (status === 401 || status === 403) {
    return "Is the key right, and is it in the environment variable that `apiKeyEnvironmentVariable` names?";
  }
  if (status === 404) {
    return "Does `model` name a model that the server has, and does `baseUrl` end where `/chat/completions` begins (usually in /v1)?";
  }
  if (status >= 300 && status < 400) return "The server has moved: give its new address as `baseUrl`.";
  if (status === 429)
    return "The server limits its use: set `requestsPerMinute`, `tokensPerMinute` or `concurrency`, or allow more `retries`.";
  if (status >= 500) return "The server failed: look at its own log, or allow more `retries`.";
  return "The server refused the request: does it know every field, and does the model accept these settings?";
}
