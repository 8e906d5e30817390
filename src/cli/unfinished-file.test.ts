import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Trajectory } from "../trajectory.ts";
import { openUnfinished } from "./unfinished-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-unfinished-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const trajectory = (id: string): Trajectory => ({
  id,
  taskId: `task of ${id}`,
  policy: "gold",
  kind: "expert",
  seed: 1,
  initialObservation: "",
  steps: [],
  reward: 0,
  stopReason: "gave-up",
  usage: { environmentSteps: 0, promptTokens: 0, generatedTokens: 0, seconds: 0 },
});

it("what was finished is there for the same settings, without the half line of a kill, and not for others", () => {
  const file = join(folder, "out.jsonl");
  const first = openUnfinished(file, { seed: 1 });
  expect(first.finished).toEqual([]);
  first.add(trajectory("a"));
  first.add(trajectory("b"));
  appendFileSync(`${file}.unfinished`, '{"id": "c", "ta');
  const second = openUnfinished(file, { seed: 1 });
  expect(second.finished).toEqual([trajectory("a"), trajectory("b")]);
  second.add(trajectory("c"));
  const third = openUnfinished(file, { seed: 1 });
  expect(third.finished.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(openUnfinished(file, { seed: 2 }).finished).toEqual([]);
  third.remove();
  expect(existsSync(`${file}.unfinished`)).toBe(false);
});

it("a folder that is not there is named", () => {
  expect(() => openUnfinished(join(folder, "none", "out.jsonl"), {})).toThrow(/its folder does not exist/);
});
