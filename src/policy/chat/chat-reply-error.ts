import { PolicyError } from "./policy-error.ts";

/**
 * The server answered with a status of 2xx, but not with a chat completion that holds a text: no JSON, no choices, or a choice without
 * content (a refusal, a tool call). It is not retried, because the same request gives the same answer.
 */
export class ChatReplyError extends PolicyError {
  override readonly name = "ChatReplyError";

  constructor(url: string, problem: string, hint: string) {
    super(`${url} gave no usable reply: ${problem}`, { hint });
  }
}
