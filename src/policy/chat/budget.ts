import { ChatBudgetError } from "./chat-budget-error.ts";

export interface BudgetLimits {
  readonly requests?: number | undefined;
  readonly tokens?: number | undefined;
  readonly retries?: number | undefined;
}

/** A request's part of the budget, held while it is in flight. */
export interface Reservation {
  /** The request is over and took so many tokens; 0 if it failed. */
  settle(tokens: number): void;
}

/** What a policy may use in its lifetime, and what it has used. */
export interface Budget {
  /**
   * Waits while the requests in flight might use up the tokens, because most take less than was estimated.
   * @throws ChatBudgetError if the budget does not reach for it.
   */
  reserve(tokens: number, signal: AbortSignal | undefined): Promise<Reservation>;
  /** Counts a retry. @throws ChatBudgetError if there is none left; `failure` is why it was wanted. */
  retry(failure: unknown): void;
}

export function createBudget(limits: BudgetLimits): Budget {
  let requests = 0;
  let retries = 0;
  let used = 0;
  let reserved = 0;
  let changed = Promise.withResolvers<void>();

  const reserve = async (tokens: number, signal: AbortSignal | undefined): Promise<Reservation> => {
    for (;;) {
      signal?.throwIfAborted();
      if (limits.requests !== undefined && requests >= limits.requests) {
        throw new ChatBudgetError("requests", limits.requests);
      }
      if (limits.tokens === undefined || used + reserved + tokens <= limits.tokens) break;
      if (used + tokens > limits.tokens) throw new ChatBudgetError("tokens", limits.tokens);
      await changed.promise;
    }
    requests += 1;
    reserved += tokens;
    return {
      settle: (taken) => {
        reserved -= tokens;
        used += taken;
        changed.resolve();
        changed = Promise.withResolvers();
      },
    };
  };
  return {
    reserve,
    retry: (failure) => {
      if (limits.retries !== undefined && retries >= limits.retries) {
        throw new ChatBudgetError("retries", limits.retries, { cause: failure });
      }
      retries += 1;
    },
  };
}
