import { afterEach, expect, it, vi } from "vitest";
import { mostLate, timeLimit } from "./time-limit.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("a limit of time ends when it is over, and not once it was given up", () => {
  vi.useFakeTimers();
  using limit = timeLimit(60_000);
  const givenUp = timeLimit(60_000);
  givenUp[Symbol.dispose]();
  vi.advanceTimersByTime(59_999);
  expect(limit.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(limit.signal.aborted).toBe(true);
  expect(givenUp.signal.aborted).toBe(false);
});

it("a limit of time begins anew where the process stood still", () => {
  vi.useFakeTimers();
  using limit = timeLimit(60_000);
  // The clock went on while the timer did not.
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + 2 * mostLate);
  vi.advanceTimersByTime(60_000);
  expect(limit.signal.aborted).toBe(false);
  vi.advanceTimersByTime(60_000);
  expect(limit.signal.aborted).toBe(true);
});
