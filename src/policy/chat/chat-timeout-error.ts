import { PolicyError } from "./policy-error.ts";

/** The whole answer took longer than `timeoutSeconds`. It is retried. */
export class ChatTimeoutError extends PolicyError {
  override readonly name = "ChatTimeoutError";

  constructor(url: string, timeoutSeconds: number) {
    super(`no answer from ${url} within ${timeoutSeconds} seconds`, {
      hint: "Allow more `timeoutSeconds`, ask for fewer `maximumTokens`, or run fewer rollouts at once.",
    });
  }
}
