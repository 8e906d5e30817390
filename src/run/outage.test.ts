import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { runContents } from "../../test/run-contents.ts";
import { toyConfig } from "../../test/toy/config.ts";
import { porter } from "../../test/toy/porter.ts";
import { sft } from "../methods/sft.ts";
import { chatPolicy } from "../policy/chat.ts";
import type { ActRequest, Policy } from "../policy/policy.ts";
import type { Trainer } from "../trainer/trainer.ts";
import type { RunConfig } from "./config.ts";
import { runPipeline } from "./pipeline.ts";
import type { Progress } from "./progress.ts";
import { readRunDirectory, runPath } from "./run-directory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-outage-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The toy's expert, failing wherever `fails` says so. */
function failing(fails: (request: ActRequest) => boolean): Policy {
  const inner = porter();
  return {
    ...inner,
    act: async (request) => {
      if (fails(request)) throw new Error("connection refused");
      return inner.act(request);
    },
  };
}

function configOf(policy: Policy, name = "toy"): RunConfig {
  return toyConfig(folder, { name, methods: [sft()], experts: [{ policy }] });
}

function storedFailures(config: RunConfig): number | undefined {
  using directory = readRunDirectory(runPath(config));
  const sql = "SELECT COUNT(*) AS n FROM trajectories WHERE stop_reason = 'policy-error'";
  return directory.database.first(z.object({ n: z.number() }), sql)?.n;
}

function noting(): Progress & { readonly notes: string[] } {
  const notes: string[] = [];
  const begin = () => ({ update: () => undefined, end: () => undefined });
  return { notes, begin, note: (text) => notes.push(text) };
}

test.each([1, 5])("a batch of %i tasks in which the policy never answers makes no data", async (tasks) => {
  await using policy = chatPolicy({ baseUrl: "http://127.0.0.1:9", model: "m", retries: 0 });
  const config = { ...configOf(policy), tasks: { train: tasks } };
  const run = runPipeline(config, { stopAfter: { phase: "expert" } });
  await expect(run).rejects.toMatchObject({
    message: expect.stringMatching(/^chat:m failed .* and has not answered since\. .* ChatConnectionError: /),
    hint: expect.stringContaining("run the same command again"),
  });
  expect(storedFailures(config)).toBe(0);
});

test.each([60, 100, 105, 130])(
  "a policy that goes down for good after %i answers stops the run, which goes on when it is back",
  async (answers) => {
    let left = answers;
    const config = configOf(
      failing(() => {
        left -= 1;
        return left < 0;
      }),
      "broken",
    );
    await expect(runPipeline(config)).rejects.toThrow("has not answered since");
    expect(storedFailures(config)).toBe(0);
    left = Number.POSITIVE_INFINITY;
    await runPipeline(config);
    const unbroken = configOf(porter(), "unbroken");
    await runPipeline(unbroken);
    const { "config.json": _, ...contents } = runContents(runPath(config));
    const { "config.json": __, ...expected } = runContents(runPath(unbroken));
    expect(contents).toEqual(expected);
  },
);

test("a student that goes down at the end of its evaluation stops the run, and the figures are those of a sound one", async () => {
  const toy = toyConfig(folder);
  let left = 20;
  const open: Trainer["open"] = async (reference) => {
    const student = await toy.trainer.open(reference);
    return {
      ...student,
      act: (request) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error("the process is gone")) : student.act(request);
      },
    };
  };
  const config = { ...toy, evaluation: { ...toy.evaluation, tasks: 8 }, trainer: { ...toy.trainer, open } };
  await expect(runPipeline(config)).rejects.toThrow("the process is gone");
  expect(storedFailures(config)).toBe(0);
  left = Number.POSITIVE_INFINITY;
  const { evaluations } = await runPipeline(config);
  expect(evaluations.flatMap(({ perTask }) => perTask).map(({ stopReason }) => stopReason)).not.toContain(
    "policy-error",
  );
});

test("an episode in which the policy had no turn does not tell that it is in service", async () => {
  const config = configOf(failing(() => true));
  const { environment } = config;
  const everyOther = {
    ...environment,
    start: async (task: Parameters<typeof environment.start>[0]) => {
      if (/[13579]$/.test(task.id)) throw new Error("the simulator is gone");
      return await environment.start(task);
    },
  };
  const broken = { ...config, environment: everyOther, tasks: { train: 8 } };
  await expect(runPipeline(broken)).rejects.toThrow("has not answered since");
  expect(storedFailures(broken)).toBe(0);
});

test("tasks at which the policy fails each time are stored and counted, also the last ones", async () => {
  const isHard = ({ messages }: ActRequest) => messages.some(({ content }) => content.includes("amber"));
  const config = { ...configOf(failing(isHard)), rollout: { maximumSteps: 10, concurrency: 1 } };
  const tasks = [...config.environment.tasks("train"), ...config.environment.tasks("test")];
  const progress = noting();
  await runPipeline(config, { progress, stopAfter: { phase: "expert" } });
  const stored = storedFailures(config) ?? 0;
  expect(stored).toBeGreaterThan(5);
  expect(stored).toBeLessThan(tasks.length);
  expect(progress.notes).toEqual([
    expect.stringMatching(
      /^expert porter, training tasks: \d+ of 24 episodes ended in an error of the policy, .*Error: connection refused/,
    ),
    expect.stringMatching(/^expert porter, evaluation tasks: \d+ of 12 episodes/),
  ]);
});
