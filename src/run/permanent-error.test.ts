import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { toyConfig } from "../../test/toy/config.ts";
import { type Answer, completion, json, startTestServer } from "../policy/chat/server.test-helpers.ts";
import { chatPolicy } from "../policy/chat.ts";
import { runPipeline } from "./pipeline.ts";
import { readRunDirectory, runPath } from "./run-directory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-permanent-error-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lets an expert behind a server act on the toy tasks, until something stops it. */
async function collect(answers: readonly Answer[], concurrency: number) {
  await using server = await startTestServer(...answers);
  const policy = chatPolicy({ baseUrl: server.baseUrl, model: "gone", retries: 3, backoffSeconds: 0.001 });
  const config = toyConfig(folder, {
    experts: [{ policy }],
    tasks: { train: 4 },
    evaluation: { tasks: 2 },
    rollout: { maximumSteps: 3, concurrency },
  });
  const error = await runPipeline(config, { stopAfter: { phase: "expert" } }).catch(
    (reason: unknown) => reason,
  );
  using directory = readRunDirectory(runPath(config));
  const stored = directory.database.all(
    z.object({ stop_reason: z.string() }),
    "SELECT stop_reason FROM trajectories",
  );
  return { error, stored, requests: server.requests.length };
}

test.each([
  [401, "Incorrect API key"],
  [404, "The model `gone` does not exist."],
  [400, "Unknown field"],
])("status %i stops the run at its first episode, with the server's words", async (status, words) => {
  const { error, stored, requests } = await collect([json(status, { error: { message: words } })], 1);
  expect(error).toMatchObject({
    message: expect.stringMatching(/chat:gone cannot act/),
    hint: expect.any(String),
  });
  expect(String(error)).toContain(words);
  expect(requests).toBe(1);
  expect(stored).toEqual([]);
});

test("a refusal of one transcript, by a server that answered others, is that episode's failure alone", async () => {
  const refusal = json(400, { error: { message: "flagged by the content filter" } });
  const answer = completion("Action: wait");
  const { stored } = await collect([answer, refusal, answer], 1);
  const reasons = stored.map(({ stop_reason }) => stop_reason);
  expect(reasons.filter((reason) => reason === "policy-error")).toHaveLength(1);
  expect(reasons.length).toBe(6);
});
