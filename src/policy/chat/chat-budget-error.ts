import { PolicyError } from "./policy-error.ts";

/** The policy has used up what it may use in its lifetime. It is permanent: nothing more is sent. */
export class ChatBudgetError extends PolicyError {
  override readonly name = "ChatBudgetError";

  constructor(what: "requests" | "tokens" | "retries", allowed: number, options: ErrorOptions = {}) {
    const because = options.cause instanceof Error ? `; the last failure was: ${options.cause.message}` : "";
    super(`the budget of ${allowed} ${what} is used up${because}`, {
      ...options,
      hint: `Raise \`budget.${what}\` and run the same command again: finished episodes are kept.`,
    });
  }

  override get isPermanent(): boolean {
    return true;
  }
}
