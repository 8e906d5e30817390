import { PolicyError } from "./policy-error.ts";

export type ReplyProblem =
  /** No chat completion: no JSON, no choices, another protocol. A proxy may have answered, so it is retried. */
  | "malformed"
  /** A completion with nothing to act on: no text, a refusal. The same request gives the same again. */
  | "nothing-said";

/** The server answered with a status of 2xx, but not with a chat completion that holds an action. */
export class ChatReplyError extends PolicyError {
  override readonly name = "ChatReplyError";
  readonly problem: ReplyProblem;

  constructor(problem: ReplyProblem, url: string, explanation: string, hint: string) {
    super(`${url} gave no usable reply: ${explanation}`, { hint });
    this.problem = problem;
  }

  override get isTransient(): boolean {
    return this.problem === "malformed";
  }
}
