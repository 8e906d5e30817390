import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runContents } from "../../test/run-contents.ts";
import { toyConfig } from "../../test/toy/config.ts";
import { doors } from "../../test/toy/doors.ts";
import { porter } from "../../test/toy/porter.ts";
import { eef } from "../methods/eef.ts";
import { sft } from "../methods/sft.ts";
import type { Policy } from "../policy/policy.ts";
import type { RunConfig } from "./config.ts";
import { runPipeline } from "./pipeline.ts";
import type { Progress } from "./progress.ts";
import { runPath } from "./run-directory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eef-changed-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The toy run, with an expert that counts its turns and a trainer that fails as long as its learning rate is high. */
function configOf(learningRate: number, more: { name?: string; policy?: Policy; reuse?: string } = {}) {
  const { name = "toy", policy = porter(), reuse } = more;
  const methods = [sft(), eef({ simulatedStates: 1, iterations: 1 })];
  const toy = toyConfig(folder, { name, methods, experts: [{ policy }] });
  const config: RunConfig = {
    ...toy,
    trainer: {
      ...toy.trainer,
      describe: () => ({ learningRate }),
      train: (request) => {
        if (learningRate > 1) throw new Error("the loss is NaN");
        return toy.trainer.train(request);
      },
    },
    ...(reuse === undefined ? {} : { reuse }),
  };
  return config;
}

function counting(): Policy & { readonly turns: () => number } {
  const inner = porter();
  let turns = 0;
  return {
    ...inner,
    turns: () => turns,
    act: (request) => {
      turns += 1;
      return inner.act(request);
    },
  };
}

function noting(): Progress & { readonly notes: string[] } {
  const notes: string[] = [];
  const begin = () => ({ update: () => undefined, end: () => undefined });
  return { notes, begin, note: (text) => notes.push(text) };
}

test("the trainer's settings may be changed until something is trained, and the experts' episodes stay", async () => {
  await expect(runPipeline(configOf(10))).rejects.toThrow("the loss is NaN");
  const policy = counting();
  const progress = noting();
  const mended = configOf(0.1, { policy });
  await runPipeline(mended, { progress });
  expect(policy.turns()).toBe(0);
  expect(progress.notes).toEqual([expect.stringContaining("trainer.learningRate: 10 there, 0.1 here")]);
  const fresh = configOf(0.1, { name: "fresh" });
  await runPipeline(fresh);
  const named = JSON.stringify(runContents(runPath(fresh))).replaceAll("fresh", "toy");
  expect(JSON.stringify(runContents(runPath(mended)))).toBe(named);
});

test("afterwards they may not, and the error says how a new run takes the experts' episodes over", async () => {
  const started = configOf(0.1);
  await runPipeline(started, { stopAfter: { phase: "train", method: "SFT", iteration: 0 } });
  const before = readFileSync(join(runPath(started), "config.json"), "utf8");
  const error = await runPipeline(configOf(0.2)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    message: expect.stringContaining("trainer.learningRate: 0.1 there, 0.2 here"),
    hint: expect.stringContaining(`--reuse ${runPath(started)}`),
  });
  expect(readFileSync(join(runPath(started), "config.json"), "utf8")).toBe(before);

  const policy = counting();
  const progress = noting();
  const reusing = configOf(0.2, { name: "new", policy, reuse: runPath(started) });
  await runPipeline(reusing, { progress });
  expect(policy.turns()).toBe(0);
  expect(progress.notes).toEqual([
    expect.stringMatching(/^expert porter, training tasks: 24 of 24 episodes are those of /),
    expect.stringMatching(/^expert porter, evaluation tasks: 12 of 12 episodes are those of /),
  ]);
  const played = configOf(0.2, { name: "all" });
  await runPipeline(played);
  const named = JSON.stringify(runContents(runPath(played))).replaceAll('\\"all\\"', '\\"new\\"');
  expect(JSON.stringify(runContents(runPath(reusing)))).toBe(named);
});

test("settings of the trainer are not changed under the episodes of an untrained student", async () => {
  const hopeless: Policy = {
    ...porter(),
    act: async () => ({ message: "Action: knock", promptTokens: 1, generatedTokens: 1 }),
  };
  const started = configOf(0.1, { policy: hopeless });
  await runPipeline(started, { stopAfter: { phase: "explore", method: "EEF", iteration: 1 } });
  await expect(runPipeline(configOf(0.2, { policy: hopeless }))).rejects.toThrow("another configuration");
});

test("other changes are refused as before, and episodes of another environment are not taken over", async () => {
  const started = configOf(0.1);
  await runPipeline(started, { stopAfter: { phase: "expert" } });
  await expect(runPipeline({ ...started, seed: 8 })).rejects.toThrow("seed: 7 there, 8 here");
  const environment = doors({ train: 24, validation: 4, test: 12 }, 2);
  const elsewhere = { ...configOf(0.1, { name: "elsewhere", reuse: runPath(started) }), environment };
  await expect(runPipeline(elsewhere)).rejects.toThrow("cannot be reused, its environment is another");
});
