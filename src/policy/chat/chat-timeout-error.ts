import { PolicyError } from "./policy-error.ts";

/** What took too long: to connect, to send the next byte, or the whole exchange. */
export type Timeout = "connect" | "stall" | "total";

/** The server took longer than it may. It is retried. */
export class ChatTimeoutError extends PolicyError {
  override readonly name = "ChatTimeoutError";
  readonly timeout: Timeout;

  constructor(url: string, timeout: Timeout, seconds: number) {
    super(problems[timeout](url, seconds), { hint: hints[timeout] });
    this.timeout = timeout;
  }

  override get isTransient(): boolean {
    return true;
  }
}

const problems: Readonly<Record<Timeout, (url: string, seconds: number) => string>> = {
  connect: (url, seconds) => `no connection to ${url} within ${seconds} seconds`,
  stall: (url, seconds) => `${url} sent nothing for ${seconds} seconds in the middle of its answer`,
  total: (url, seconds) => `no answer from ${url} within ${seconds} seconds`,
};

const hints: Readonly<Record<Timeout, string>> = {
  connect: "Is the server running and reachable? `connectTimeoutSeconds` may be raised.",
  stall: "Is the server overloaded? `stallTimeoutSeconds` may be raised.",
  total: "Allow more `timeoutSeconds`, ask for fewer `maximumTokens`, or run fewer rollouts at once.",
};
