import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toyConfig } from "../../test/toy/config.ts";
import { completion, startTestServer } from "../policy/chat/server.test-helpers.ts";
import { type ChatPolicyOptions, chatPolicy } from "../policy/chat.ts";
import { runPipeline } from "./pipeline.ts";
import type { Progress } from "./progress.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-usage-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lets a chat expert play three tasks of three turns and one of evaluation, as one command of a run. */
async function collect(baseUrl: string, options: Partial<ChatPolicyOptions>, progress: Progress) {
  await using policy = chatPolicy({ model: "m", retries: 0, ...options, baseUrl });
  const config = toyConfig(folder, {
    experts: [{ policy }],
    tasks: { train: 3 },
    evaluation: { tasks: 1 },
    rollout: { maximumSteps: 3, concurrency: 1 },
  });
  await runPipeline(config, { stopAfter: { phase: "expert" }, progress });
}

function noting(): Progress & { readonly notes: string[] } {
  const notes: string[] = [];
  const begin = () => ({ update: () => undefined, end: () => undefined });
  return { notes, begin, note: (text) => notes.push(text) };
}

test("a budget holds over all commands of a run", async () => {
  await using server = await startTestServer(completion("Action: wait"));
  const commands = [5, 5, 8, 100].map((requests) => async () => {
    await collect(server.baseUrl, { budget: { requests } }, noting());
  });
  const [first, again, larger, enough] = commands;
  await expect(first?.()).rejects.toThrow(/budget/);
  expect(server.requests).toHaveLength(5);
  await expect(again?.()).rejects.toThrow(/budget/);
  expect(server.requests).toHaveLength(5);
  await expect(larger?.()).rejects.toThrow(/budget/);
  expect(server.requests).toHaveLength(8);
  await enough?.();
});

test("what a policy remarks on its answers is noted after the phase", async () => {
  await using server = await startTestServer(completion(""));
  const progress = noting();
  await collect(server.baseUrl, {}, progress);
  expect(progress.notes.filter((note) => note.startsWith("expert chat:m"))).toEqual([
    expect.stringMatching(/, training tasks: 9 of 9 replies of m were empty/),
    expect.stringMatching(/, evaluation tasks: 3 of 3 replies of m were empty/),
  ]);
});
