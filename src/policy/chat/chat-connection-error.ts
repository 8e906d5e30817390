import { PolicyError } from "./policy-error.ts";

/** No whole answer arrived: the server could not be reached, or the connection broke. It is retried. */
export class ChatConnectionError extends PolicyError {
  override readonly name = "ChatConnectionError";

  constructor(url: string, problem: string) {
    super(`no answer from ${url}: ${problem}`, {
      hint: "Is the server running, and is `baseUrl` its address?",
    });
  }

  override get isTransient(): boolean {
    return true;
  }
}
