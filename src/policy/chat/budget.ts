import type { ServiceUsage, UsageAccount } from "../policy.ts";
import { ChatBudgetError } from "./chat-budget-error.ts";

export interface BudgetLimits {
  readonly requests?: number | undefined;
  readonly tokens?: number | undefined;
  readonly retries?: number | undefined;
}

/** What a request will take, as far as anybody knows. */
export interface Expectation {
  /** Tokens read and written. Asked anew whenever another request is over. */
  tokens(): number;
  /** Whether an answer has shown how far such expectations are right. Until then requests with a budget of tokens go one by one. */
  isTested(): boolean;
}

/** A request's part of the budget, held while it is in flight. */
export interface Reservation {
  /** The request is over and took so many tokens. */
  settle(tokens: number): void;
  /** It was never sent. */
  cancel(): void;
}

/** What may be used, and what has been. */
export interface Budget extends Omit<UsageAccount, "name"> {
  /**
   * Waits while the requests in flight might use up the tokens, because most take less than is expected.
   * @throws ChatBudgetError if the budget does not reach for it.
   */
  reserve(expected: Expectation, signal: AbortSignal | undefined): Promise<Reservation>;
  /** Counts a retry. @throws ChatBudgetError if there is none left; `failure` is why it was wanted. */
  retry(failure: unknown): void;
}

export function createBudget(limits: BudgetLimits): Budget {
  let used: ServiceUsage = { requests: 0, retries: 0, tokens: 0 };
  let reserved = 0;
  let inFlight = 0;
  let changed = Promise.withResolvers<void>();

  /** What may be reserved now; undefined if the requests in flight have to be awaited. */
  const grant = (expected: Expectation): number | undefined => {
    if (limits.requests !== undefined && used.requests >= limits.requests) {
      throw new ChatBudgetError("requests", limits.requests);
    }
    const tokens = expected.tokens();
    if (limits.tokens === undefined) return tokens;
    if (used.tokens + tokens > limits.tokens) throw new ChatBudgetError("tokens", limits.tokens);
    if (inFlight > 0 && !expected.isTested()) return undefined;
    return used.tokens + reserved + tokens > limits.tokens ? undefined : tokens;
  };
  const reserve = async (expected: Expectation, signal: AbortSignal | undefined): Promise<Reservation> => {
    let tokens: number | undefined;
    for (;;) {
      signal?.throwIfAborted();
      tokens = grant(expected);
      if (tokens !== undefined) break;
      await changed.promise;
    }
    const held = tokens;
    used = { ...used, requests: used.requests + 1 };
    reserved += held;
    inFlight += 1;
    const release = (difference: Partial<ServiceUsage>) => {
      reserved -= held;
      inFlight -= 1;
      used = {
        ...used,
        requests: used.requests + (difference.requests ?? 0),
        tokens: used.tokens + (difference.tokens ?? 0),
      };
      changed.resolve();
      changed = Promise.withResolvers();
    };
    return {
      settle: (taken) => release({ tokens: taken }),
      cancel: () => release({ requests: -1 }),
    };
  };
  return {
    reserve,
    retry: (failure) => {
      if (limits.retries !== undefined && used.retries >= limits.retries) {
        throw new ChatBudgetError("retries", limits.retries, { cause: failure });
      }
      used = { ...used, retries: used.retries + 1 };
    },
    read: () => used,
    restore: (earlier) => {
      used = {
        requests: Math.max(used.requests, earlier.requests),
        retries: Math.max(used.retries, earlier.retries),
        tokens: Math.max(used.tokens, earlier.tokens),
      };
    },
  };
}
