import pLimit from "p-limit";
import pRetry from "p-retry";
import type { UsageAccount } from "../policy.ts";
import { createBudget, type Reservation } from "./budget.ts";
import { ChatConnectionError } from "./chat-connection-error.ts";
import type { ChatReply } from "./chat-model.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { ChatTimeoutError } from "./chat-timeout-error.ts";
import { PolicyError } from "./policy-error.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { ChatSettings } from "./settings.ts";
import { createTokenForecast, type TokenGuess } from "./token-forecast.ts";

const longestBackoffSeconds = 60;

/**
 * Brings the requests of all episodes to the server: not too many, not too fast, within the budget, and again while there is hope.
 * Policies that share it share its limits.
 */
export interface Traffic {
  /**
   * @param attempt Sends the request once.
   * @throws what the last attempt threw, a ChatBudgetError, or the reason of `signal`.
   */
  send<Reply extends ChatReply>(
    guess: TokenGuess,
    attempt: () => Promise<Reply>,
    signal: AbortSignal | undefined,
  ): Promise<Reply>;
  readonly usage: UsageAccount;
}

/**
 * The jitter of the waits is drawn from chance. It changes when a request is sent, never what is in it.
 * @param name That of its account.
 */
export function createTraffic(name: string, settings: ChatSettings): Traffic {
  const slots = pLimit(settings.concurrency ?? Number.POSITIVE_INFINITY);
  const rate = createRateLimit(settings);
  const budget = createBudget(settings.budget);
  const forecast = createTokenForecast();

  /** Waits for a request's turn. @returns the reservation, and the tokens that the rate was charged with. */
  const admit = async (guess: TokenGuess, signal: AbortSignal | undefined) => {
    const expected = { tokens: () => forecast.of(guess), isTested: () => forecast.isTested };
    const reservation: Reservation = await budget.reserve(expected, signal);
    const tokens = forecast.of(guess);
    try {
      await rate.admit(tokens, signal);
    } catch (error) {
      reservation.cancel();
      throw error;
    }
    return { reservation, tokens };
  };
  const attemptOnce = async <Reply extends ChatReply>(
    guess: TokenGuess,
    attempt: () => Promise<Reply>,
    signal: AbortSignal | undefined,
  ): Promise<Reply> => {
    const { reservation, tokens } = await admit(guess, signal);
    let taken = tokens;
    try {
      const reply = await attempt();
      if (reply.promptTokens !== undefined) taken = reply.promptTokens + (reply.generatedTokens ?? 0);
      forecast.learn(guess, reply);
      rate.correct(taken - tokens);
      return reply;
    } catch (error) {
      if (wasNotWorkedOn(error)) taken = 0;
      // Here, and not where retries are decided: it holds for the others too when this request is not sent again.
      const wait = waitFor(error);
      if (wait <= settings.maximumRetryAfterSeconds) rate.pause(wait);
      throw error;
    } finally {
      reservation.settle(taken);
    }
  };

  /** Whether a failure is worth another attempt. */
  const mayRetry = (error: unknown): boolean => {
    if (!(error instanceof PolicyError) || !error.isTransient) return false;
    if (waitFor(error) > settings.maximumRetryAfterSeconds) return false;
    budget.retry(error);
    return true;
  };

  return {
    send: (guess, attempt, signal) =>
      pRetry(() => slots(() => attemptOnce(guess, attempt, signal)), {
        retries: settings.retries,
        minTimeout: settings.backoffSeconds * 1000,
        maxTimeout: longestBackoffSeconds * 1000,
        randomize: true,
        shouldRetry: ({ error }) => mayRetry(error),
        ...(signal === undefined ? {} : { signal }),
      }),
    usage: { name, read: budget.read, restore: budget.restore },
  };
}

/** Seconds for which the server asked to be left alone. */
function waitFor(error: unknown): number {
  return error instanceof ChatServerError ? (error.retryAfterSeconds ?? 0) : 0;
}

/** Whether a failed request took no tokens. One that was given up, or whose answer makes no sense, may have to be paid for. */
function wasNotWorkedOn(error: unknown): boolean {
  return (
    error instanceof ChatServerError ||
    error instanceof ChatConnectionError ||
    (error instanceof ChatTimeoutError && error.timeout === "connect")
  );
}
