import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../src/random.ts";
import { runAndKill, runFolder, runToTheEnd, startRun } from "./killed-runs.ts";
import { runContents } from "./run-contents.ts";

const folder = mkdtempSync(join(tmpdir(), "eef-kill-"));
let unbroken: Record<string, unknown>;
let duration = 0;

beforeAll(async () => {
  duration = await runToTheEnd(join(folder, "unbroken"));
  unbroken = runContents(runFolder(join(folder, "unbroken")));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

// 30 kills in all; two runs side by side, because starting a process takes most of the time.
test.concurrent.each([1, 2])(
  "a run killed at random moments ends as an unbroken one does (seed %i)",
  async (seed) => {
    const random = createRandom(seed);
    let kills = 0;
    for (let round = 0; kills < 15; round++) {
      const place = join(folder, `killed-${seed}-${round}`);
      while (kills < 15 && (await runAndKill(place, random, duration / 2)) === "killed") kills += 1;
      await runToTheEnd(place);
      expect(runContents(runFolder(place))).toEqual(unbroken);
    }
  },
  600_000,
);

test("Ctrl-C stops a run with exit code 130, and starting it again ends as an unbroken one does", async () => {
  const place = join(folder, "interrupted");
  const child = startRun(place);
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    const before = errors;
    errors += String(chunk);
    // Once, early in the run: a second Ctrl-C would end it at once.
    const mark = "SFT, iteration 0, fine-tune";
    if (errors.includes(mark) && !before.includes(mark)) child.kill("SIGINT");
  });
  child.stdout?.resume();
  const [code] = await once(child, "close");
  expect(errors).toContain("Run the same command again to continue");
  expect(code).toBe(130);
  await runToTheEnd(place);
  expect(runContents(runFolder(place))).toEqual(unbroken);
}, 120_000);
