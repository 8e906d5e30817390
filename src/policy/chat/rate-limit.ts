import { setTimeout as delay } from "node:timers/promises";

export interface RateLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

/** Where the time comes from: a clock in seconds that never goes back, and a way to wait. */
export interface Clock {
  now(): number;
  sleep(seconds: number, signal: AbortSignal | undefined): Promise<void>;
}

const systemClock: Clock = {
  now: () => performance.now() / 1000,
  sleep: (seconds, signal) => delay(seconds * 1000, undefined, signal === undefined ? {} : { signal }),
};

/** Lets requests through at a limited rate, in the order in which they came. */
export interface RateLimit {
  /** Waits for the turn of a request that will take about so many tokens. @throws the reason of `signal` */
  admit(tokens: number, signal: AbortSignal | undefined): Promise<void>;
  /** Corrects an estimate: `tokens` more, or fewer if negative. */
  correct(tokens: number): void;
  /** Nothing is let through for so many seconds, because the server asked for it. */
  pause(seconds: number): void;
}

/**
 * A token bucket for requests and one for tokens, each of which holds what flows in within a second, and at least one. So a minute sees
 * at most that and one request more than its limit, and nothing comes in bursts.
 */
export function createRateLimit(limits: RateLimits, clock: Clock = systemClock): RateLimit {
  const requests =
    limits.requestsPerMinute === undefined ? undefined : new Bucket(limits.requestsPerMinute / 60, clock);
  const tokens =
    limits.tokensPerMinute === undefined ? undefined : new Bucket(limits.tokensPerMinute / 60, clock);
  let pausedUntil = Number.NEGATIVE_INFINITY;
  // Whoever waits is first in line; the others wait for it.
  let line = Promise.resolve();

  const pass = async (estimate: number, signal: AbortSignal | undefined): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted();
      const wait = Math.max(
        pausedUntil - clock.now(),
        requests?.secondsUntil(1) ?? 0,
        tokens?.secondsUntil(estimate) ?? 0,
      );
      if (wait <= 0) break;
      await clock.sleep(wait, signal);
    }
    requests?.take(1);
    tokens?.take(estimate);
  };
  return {
    admit: async (estimate, signal) => {
      const own = line.then(() => pass(estimate, signal));
      line = own.catch(() => undefined);
      await own;
    },
    correct: (difference) => tokens?.take(difference),
    pause: (seconds) => {
      pausedUntil = Math.max(pausedUntil, clock.now() + seconds);
    },
  };
}

class Bucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  readonly #clock: Clock;
  #level: number;
  #updated: number;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#capacity = Math.max(1, perSecond);
    this.#clock = clock;
    this.#level = this.#capacity;
    this.#updated = clock.now();
  }

  /** A request that is larger than the bucket waits for a full one, and leaves it in debt. */
  secondsUntil(amount: number): number {
    const now = this.#clock.now();
    this.#level = Math.min(this.#capacity, this.#level + (now - this.#updated) * this.#perSecond);
    this.#updated = now;
    const missing = Math.min(amount, this.#capacity) - this.#level;
    // Rounding must not leave a wait that is too short to change anything.
    return missing < 1e-9 ? 0 : Math.max(missing / this.#perSecond, 0.001);
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}
