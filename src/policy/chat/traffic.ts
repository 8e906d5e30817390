import pLimit from "p-limit";
import pRetry from "p-retry";
import { createBudget } from "./budget.ts";
import type { ChatReply } from "./chat-model.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { PolicyError } from "./policy-error.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { ChatSettings } from "./settings.ts";

const longestBackoffSeconds = 60;

/** Brings the requests of all episodes to the server: not too many, not too fast, and again while there is hope. */
export interface Traffic {
  /**
   * @param estimatedTokens What the request will take, read and written.
   * @param attempt Sends it once.
   * @throws what the last attempt threw, a ChatBudgetError, or the reason of `signal`.
   */
  send(
    estimatedTokens: number,
    attempt: () => Promise<ChatReply>,
    signal: AbortSignal | undefined,
  ): Promise<ChatReply>;
}

/** The jitter of the waits is drawn from chance. It changes when a request is sent, never what is in it. */
export function createTraffic(settings: ChatSettings): Traffic {
  const slots = pLimit(settings.concurrency ?? Number.POSITIVE_INFINITY);
  const rate = createRateLimit(settings);
  const budget = createBudget(settings.budget);

  const attemptOnce = async (
    estimate: number,
    attempt: () => Promise<ChatReply>,
    signal: AbortSignal | undefined,
  ): Promise<ChatReply> => {
    const reservation = await budget.reserve(estimate, signal);
    let taken = 0;
    try {
      await rate.admit(estimate, signal);
      const reply = await attempt();
      taken = reply.promptTokens === undefined ? estimate : reply.promptTokens + (reply.generatedTokens ?? 0);
      rate.correct(taken - estimate);
      return reply;
    } catch (error) {
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
    send: (estimate, attempt, signal) =>
      pRetry(() => slots(() => attemptOnce(estimate, attempt, signal)), {
        retries: settings.retries,
        minTimeout: settings.backoffSeconds * 1000,
        maxTimeout: longestBackoffSeconds * 1000,
        randomize: true,
        shouldRetry: ({ error }) => mayRetry(error),
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

/** Seconds for which the server asked to be left alone. */
function waitFor(error: unknown): number {
  return error instanceof ChatServerError ? (error.retryAfterSeconds ?? 0) : 0;
}
