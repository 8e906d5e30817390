import { expect, test } from "vitest";
import { type Clock, createRateLimit, type RateLimits } from "./rate-limit.ts";

/** Time that passes only when somebody waits. */
function simulatedClock(): Clock & { seconds: number } {
  return {
    seconds: 0,
    now() {
      return this.seconds;
    },
    async sleep(seconds, signal) {
      signal?.throwIfAborted();
      // Whoever was let through before looks at the clock first.
      await new Promise(setImmediate);
      this.seconds += seconds;
    },
  };
}

/** When each of the requests was let through, in seconds. */
async function admissions(limits: RateLimits, tokens: readonly number[]): Promise<number[]> {
  const clock = simulatedClock();
  const limit = createRateLimit(limits, clock);
  const times: number[] = [];
  await Promise.all(
    tokens.map(async (each) => {
      await limit.admit(each, undefined);
      times.push(clock.seconds);
    }),
  );
  return times;
}

/** The most requests in any minute. */
function mostInAMinute(times: readonly number[]): number {
  return Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 60).length));
}

test("no minute sees more requests than allowed, but for what one second allows", async () => {
  const times = await admissions(
    { requestsPerMinute: 120 },
    Array.from({ length: 600 }, () => 0),
  );
  expect(mostInAMinute(times)).toBeLessThanOrEqual(122);
  expect(times.at(-1)).toBeCloseTo((600 - 2) / 2);
});

test("fewer requests than one a second are let through one by one", async () => {
  const times = await admissions({ requestsPerMinute: 6 }, [0, 0, 0]);
  expect(times).toEqual([0, expect.closeTo(10), expect.closeTo(20)]);
});

test("tokens flow at their rate, whatever the sizes of the requests", async () => {
  const sizes = [500, 10, 3000, 40, 450, 1000];
  const times = await admissions({ tokensPerMinute: 6000 }, [...sizes, 0]);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(times.at(-1)).toBeGreaterThan(total / 100 - 10);
  expect(times.at(-1)).toBeLessThanOrEqual(total / 100 + 1);
});

test("requests go in the order in which they came, a large one too", async () => {
  const clock = simulatedClock();
  const limit = createRateLimit({ tokensPerMinute: 60 }, clock);
  const order: number[] = [];
  const sizes = [50, 1, 200, 1, 1];
  await Promise.all(
    sizes.map(async (size, index) => {
      await limit.admit(size, undefined);
      order.push(index);
    }),
  );
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

test("what was estimated too high is given back", async () => {
  const clock = simulatedClock();
  const limit = createRateLimit({ tokensPerMinute: 6000 }, clock);
  await limit.admit(1100, undefined);
  limit.correct(-1000);
  await limit.admit(90, undefined);
  expect(clock.seconds).toBeCloseTo(0.9);
});

test("a pause holds everybody back, and a shorter one after it changes nothing", async () => {
  const clock = simulatedClock();
  const limit = createRateLimit({}, clock);
  limit.pause(30);
  limit.pause(5);
  await limit.admit(1, undefined);
  expect(clock.seconds).toBe(30);
});

test("whoever is aborted while waiting does not hold up the line", async () => {
  const limit = createRateLimit({ requestsPerMinute: 60 }, simulatedClock());
  await limit.admit(0, undefined);
  const waiting = limit.admit(0, AbortSignal.abort(new Error("stopped")));
  const behind = limit.admit(0, undefined);
  await expect(waiting).rejects.toThrow("stopped");
  await expect(behind).resolves.toBeUndefined();
});
