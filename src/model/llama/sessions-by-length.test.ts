import { expect, test } from "vitest";
import { SessionsByLength } from "./sessions-by-length.ts";

/** Sessions that each take as many bytes as their rows are long, of which `budget` may be held. */
function watched(budget: number) {
  const open: number[] = [];
  const events: string[] = [];
  const sessions = new SessionsByLength(
    async (length) => {
      if (length === 13) throw new Error("no memory");
      open.push(length);
      events.push(`open ${length}`);
      return {
        async [Symbol.asyncDispose]() {
          open.splice(open.indexOf(length), 1);
          events.push(`close ${length}`);
        },
      };
    },
    { bytesOf: (length) => length, budget },
  );
  return { sessions, open, events };
}

test("a session is opened once, and those used longest ago are closed to make room", async () => {
  const { sessions, events, open } = watched(100);
  const first = await sessions.get(40);
  await sessions.get(50);
  expect(await sessions.get(40)).toBe(first);
  await sessions.get(60);
  expect(events).toEqual(["open 40", "open 50", "close 50", "open 60"]);
  await sessions[Symbol.asyncDispose]();
  expect(open).toEqual([]);
});

test("one that is larger than all that may be held is opened alone", async () => {
  const { sessions, open } = watched(100);
  await sessions.get(10);
  await sessions.get(500);
  expect(open).toEqual([500]);
});

test("what could not be opened can be tried again, and the others stay", async () => {
  const { sessions, open } = watched(100);
  await sessions.get(20);
  await expect(sessions.get(13)).rejects.toThrow("no memory");
  await expect(sessions.get(13)).rejects.toThrow("no memory");
  expect(open).toEqual([20]);
});
