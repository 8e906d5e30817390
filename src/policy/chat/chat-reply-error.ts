import { PolicyError } from "./policy-error.ts";

export type ReplyProblem =
  /** No chat completion: no JSON, no choices, another protocol. A proxy may have answered, so it is retried. */
  | "malformed"
  /** The service kept the model's text back (a content filter). The same request gives the same again. */
  | "withheld";

/** The server answered with a status of 2xx, but not with what the model wrote. */
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
