import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCheckpoint } from "../../model/checkpoint/checkpoint.ts";
import { createTokenizer } from "../../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../../model/tokenizer/train.ts";
import type { Random } from "../../random.ts";
import { type PretrainingOptions, pretrain } from "./pretrain.ts";
import { randomRepeats } from "./random-tokens.ts";
import type { Exercise, Stage } from "./stage.ts";

const tokenizer = createTokenizer(trainTokenizer(["tick tock", "yes no"], { vocabularySize: 380 }));
const echo = (random: Random): Exercise => {
  const words = Array.from({ length: 4 }, () => random.pick(["tick", "tock", "yes"])).join(" ");
  return {
    messages: [
      { role: "user", content: words },
      { role: "assistant", content: words },
    ],
  };
};
const stages: Stage[] = [
  {
    name: "repeats",
    tokens: 400,
    exercises: [
      {
        name: "repeats",
        weight: 1,
        draw: randomRepeats({ length: [3, 5], occurrences: [2, 3], alphabet: 50 }),
      },
    ],
  },
  {
    name: "echo",
    tokens: 600,
    exercises: [{ name: "echo", weight: 1, draw: echo }],
    emphasis: { words: ["yes"], weight: 3 },
  },
];

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "eef-pretrain-"));
});
afterEach(() => rm(directory, { recursive: true }));

function options(name: string): PretrainingOptions {
  return {
    configuration: {
      vocabularySize: tokenizer.vocabularySize,
      hiddenSize: 16,
      layers: 1,
      heads: 2,
      keyValueHeads: 1,
      headSize: 8,
      intermediateSize: 24,
      maximumPositions: 128,
      ropeTheta: 10_000,
      rmsNormEpsilon: 1e-5,
      tiedEmbeddings: true,
    },
    tokenizer,
    stages,
    seed: 3,
    outputDirectory: join(directory, name),
    contextLength: 128,
    batchTokens: 100,
    warmupSteps: 3,
    learningRate: 2e-2,
    saveEvery: 2,
  };
}

describe("pretraining", () => {
  it("interrupted and started again, ends with the weights of the unbroken run", async () => {
    const unbroken = await pretrain(options("unbroken"));
    const controller = new AbortController();
    const interrupted = pretrain({
      ...options("broken"),
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step === 5) controller.abort(new Error("stopped"));
      },
    });
    await expect(interrupted).rejects.toThrow("stopped");
    expect(await pretrain(options("broken"))).toBe(unbroken);
    // Nothing of the interrupted run is left beside the checkpoints.
    expect((await readdir(directory)).sort()).toEqual(["broken", "unbroken"]);
  });

  it("does not continue what another pretraining left", async () => {
    const controller = new AbortController();
    const stop = { signal: controller.signal, onProgress: () => controller.abort(new Error("stopped")) };
    const left = { ...options("left"), saveEvery: 1 };
    await expect(pretrain({ ...left, ...stop })).rejects.toThrow("stopped");
    const [first] = stages;
    for (const change of [
      { seed: 4 },
      { learningRate: 1e-2 },
      { stages: first === undefined ? [] : [first] },
    ]) {
      await expect(pretrain({ ...left, ...change })).rejects.toThrow(
        /left\.state\.safetensors was left by another pretraining/,
      );
    }
    // How often it is saved decides nothing.
    await expect(pretrain({ ...left, saveEvery: 3 })).resolves.toMatch(/^[0-9a-f]{64}$/);
  });

  it("lowers the loss, and tells in the checkpoint how it was made", async () => {
    const losses: number[] = [];
    await pretrain({ ...options("base"), onProgress: ({ loss }) => losses.push(loss) });
    expect(losses).toHaveLength(10);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    const { metadata } = await loadCheckpoint(join(directory, "base"));
    expect(metadata).toMatchObject({ seed: 3, steps: 10, batchTokens: 100 });
  });
});
