import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.ts";
import { loadAdapter } from "../model/checkpoint/adapter-files.ts";
import { loadCheckpoint, saveCheckpoint } from "../model/checkpoint/checkpoint.ts";
import { initialParameters, mergeAdapter, TrainingDivergedError } from "../model/llama/llama.ts";
import { tinyConfiguration } from "../model/llama/tiny-configuration.test-helpers.ts";
import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../model/tokenizer/train.ts";
import { embeddedPolicyOptionsSchema } from "../policy/embedded-options.ts";
import { embeddedTrainer } from "./embedded.ts";
import { optionsSchema, settingsOf } from "./embedded-settings.ts";
import type { TrainingExample } from "./trainer.ts";

const colours = ["navy", "red", "green", "grey"];
const examples: TrainingExample[] = colours.map((colour, index) => ({
  id: colour,
  taskId: colour,
  messages: [
    { role: "system", content: "Shop." },
    { role: "user", content: `Find a ${colour} lamp` },
    { role: "assistant", content: `Action: search[${colour} lamp]` },
    { role: "user", content: "Page 1" },
  ],
  weights: [0, 0, 1, 0],
  origin: { trajectoryId: `trajectory ${index}`, importantState: 0, reason: "won" },
}));
const tokenizer = createTokenizer(
  trainTokenizer(
    examples.flatMap(({ messages }) => messages.map((message) => message.content)),
    { vocabularySize: 420 },
  ),
);
const configuration = tinyConfiguration(tokenizer.vocabularySize, 128);

let root = "";
let base = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "trainer-"));
  base = join(root, "base");
  await saveCheckpoint(base, { configuration, parameters: initialParameters(configuration, 1), tokenizer });
});
afterAll(() => rm(root, { recursive: true }));

const settings = { epochs: 30, batchTokens: 60, learningRate: 1e-2 };

describe("the embedded trainer", () => {
  it("gives the same checkpoint, bit for bit, for the same seed, and another for another seed", async () => {
    const trainer = embeddedTrainer({ base, ...settings, epochs: 3 });
    const train = async (name: string, seed: number) => {
      const outputDirectory = join(root, name);
      const result = await trainer.train({ base: await trainer.base(), examples, seed, outputDirectory });
      return { ...result, weights: await readFile(join(outputDirectory, "model.safetensors")) };
    };
    const [first, again, other] = [await train("first", 1), await train("again", 1), await train("other", 2)];
    expect(again.policy.version).toBe(first.policy.version);
    expect(again.weights.equals(first.weights)).toBe(true);
    expect(again.losses).toEqual(first.losses);
    expect(other.policy.version).not.toBe(first.policy.version);
  });

  it("teaches the weighted actions, and the policy it opens writes them", async () => {
    const trainer = embeddedTrainer({ base, ...settings });
    const steps: number[] = [];
    const result = await trainer.train({
      base: await trainer.base(),
      examples,
      seed: 1,
      outputDirectory: join(root, "taught"),
      onProgress: ({ step }) => steps.push(step),
    });
    expect(steps).toEqual(result.losses.map((_, index) => index + 1));
    expect(result.losses.at(-1)).toBeLessThan((result.losses[0] ?? 0) / 10);
    expect(result.usage.targetTokens).toBeGreaterThan(0);
    expect(result.usage.trainedTokens).toBeGreaterThan(result.usage.targetTokens);

    await using policy = await trainer.open(result.policy);
    expect(policy.version).toBe(result.policy.version);
    for (const { messages } of examples) {
      const answer = await policy.act({ messages: messages.slice(0, 2), seed: 1, turn: 0, temperature: 0 });
      expect(answer.message).toBe(messages[2]?.content);
    }
  });

  it("trains no student that could not be opened", async () => {
    const trainer = embeddedTrainer({ base, ...settings, policy: { contextLength: 129 } });
    const outputDirectory = join(root, "unusable");
    const request = { base: await trainer.base(), examples, seed: 1, outputDirectory };
    await expect(trainer.train(request)).rejects.toThrow(
      /contextLength is 129, but the model has 128 positions/,
    );
    expect(existsSync(outputDirectory)).toBe(false);
  });

  it("says and records what it cuts and drops, once for a training", async () => {
    const long = examples.map((example, index) => ({
      ...example,
      messages: example.messages.map((message, place) =>
        place === 1 && index < 3 ? { ...message, content: "lamp ".repeat(100 * index + 50) } : message,
      ),
    }));
    const notes: string[] = [];
    const trainer = embeddedTrainer({ base, ...settings, epochs: 1, contextLength: 64 });
    const outputDirectory = join(root, "cut");
    const request = { base: await trainer.base(), seed: 1, outputDirectory };
    const onNote = (text: string) => notes.push(text);
    const { remarks } = await trainer.train({ ...request, examples: long, onNote });
    expect(notes).toEqual([
      expect.stringMatching(
        /^Examples longer than 64 tokens, which are cut there: 3 of 4, by \d+ of \d+ target tokens; dropped because no target is left: 2\. contextLength /,
      ),
    ]);
    expect(remarks).toEqual(notes);
    expect((await loadCheckpoint(outputDirectory)).metadata).toMatchObject({
      examples: 4,
      examplesCut: 3,
      examplesWithoutTargetLeft: 2,
      examplesWithoutTarget: 0,
    });
    // 128 positions are all that the model has.
    const whole = embeddedTrainer({ base, ...settings, epochs: 1, contextLength: 4096 });
    const result = await whole.train({ ...request, examples: long });
    expect(result.remarks?.[0]).toContain("longer than 128 tokens");
    expect(result.remarks?.[0]).toContain("The model has no more positions.");
  });

  it("writes nothing if it is stopped", async () => {
    const trainer = embeddedTrainer({ base, ...settings });
    const controller = new AbortController();
    const training = trainer.train({
      base: await trainer.base(),
      examples,
      seed: 1,
      outputDirectory: join(root, "stopped"),
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step === 2) controller.abort(new Error("stopped by the user"));
      },
    });
    await expect(training).rejects.toThrow("stopped by the user");
    expect((await readdir(root)).filter((name) => name.includes("stopped"))).toEqual([]);
  });

  it("says that it diverged, and writes nothing, if the loss is no longer a number", async () => {
    const trainer = embeddedTrainer({ base, epochs: 5, learningRate: 1e30, warmup: 0, clip: Infinity });
    const outputDirectory = join(root, "diverged");
    await expect(
      trainer.train({ base: await trainer.base(), examples, seed: 1, outputDirectory }),
    ).rejects.toThrow(TrainingDivergedError);
    expect((await readdir(root)).filter((name) => name.includes("diverged"))).toEqual([]);
  });

  it("teaches an adapter, and saves it beside the model that it is merged into", async () => {
    const lora = {
      rank: 8,
      dropout: 0.1,
      targetModules: ["q_proj", "v_proj", "up_proj", "down_proj"] as const,
    };
    const trainer = embeddedTrainer({ base, ...settings, epochs: 60, learningRate: 1e-2, lora });
    const train = async (name: string) =>
      await trainer.train({
        base: await trainer.base(),
        examples,
        seed: 1,
        outputDirectory: join(root, name),
      });
    const { policy: reference, losses } = await train("adapted");
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 3);
    expect((await train("adapted-again")).policy.version).toBe(reference.version);

    const [before, after] = [await loadCheckpoint(base), await loadCheckpoint(reference.location)];
    const adapter = await loadAdapter(join(reference.location, "adapter"), configuration);
    expect(adapter.options).toEqual({ alpha: 16, ...lora });
    expect(after.parameters).toEqual(mergeAdapter(configuration, before.parameters, adapter));
    const name = "model.layers.0.self_attn.k_proj.weight";
    expect(after.parameters.get(name)).toEqual(before.parameters.get(name));

    await using policy = await trainer.open(reference);
    expect(policy.version).toBe(reference.version);
  });

  it("leaves the checkpoint that stood there whole if it diverges", async () => {
    const outputDirectory = join(root, "good");
    const good = embeddedTrainer({ base, ...settings, epochs: 1 });
    const { policy: before } = await good.train({
      base: await good.base(),
      examples,
      seed: 1,
      outputDirectory,
    });
    const bad = embeddedTrainer({ base, epochs: 5, learningRate: 1e30, warmup: 0, clip: Infinity });
    await expect(bad.train({ base: await bad.base(), examples, seed: 1, outputDirectory })).rejects.toThrow(
      /training step \d+: the (loss|gradient norm) is (NaN|Infinity)/,
    );
    expect((await loadCheckpoint(outputDirectory)).version).toBe(before.version);
  });

  it("opens only the checkpoint that is meant", async () => {
    const trainer = embeddedTrainer({ base, ...settings });
    await expect(trainer.open({ location: base, version: "another" })).rejects.toThrow(
      "expected version another",
    );
  });

  it("refuses examples without a target, a changed base, and impossible settings", async () => {
    const trainer = embeddedTrainer({ base, ...settings });
    const request = { base: await trainer.base(), seed: 1, outputDirectory: join(root, "refused") };
    const masked = examples.map((example) => ({ ...example, weights: example.weights.map(() => 0) }));
    await expect(trainer.train({ ...request, examples: masked })).rejects.toThrow("none of the 4 examples");
    await expect(trainer.train({ ...request, examples: [] })).rejects.toThrow(ConfigurationError);
    const short = embeddedTrainer({ base, ...settings, contextLength: 5 });
    await expect(short.train({ ...request, examples })).rejects.toThrow(
      expect.objectContaining({
        message: "none of the 4 examples has a target within the first 5 tokens",
        hint: expect.stringContaining("contextLength"),
      }),
    );
    const changed = { ...request.base, version: "another" };
    await expect(trainer.train({ ...request, examples, base: changed })).rejects.toThrow(
      "expected version another",
    );
    expect(() => embeddedTrainer({ base, epochs: 0 })).toThrow(
      "epochs: expected a whole number of at least 1, got 0",
    );
    expect(() => embeddedTrainer({ base, lora: { rank: 0 } })).toThrow("lora.rank: expected a whole number");
  });

  it.each<[Record<string, unknown>, string]>([
    [{ lerningRate: 1 }, 'unknown option "lerningRate" (did you mean "learningRate"?)'],
    [{ lora: { rnak: 4 } }, 'lora: unknown option "rnak" (did you mean "rank"?)'],
    [{ lora: { targetModules: "q_proj" } }, "lora.targetModules: expected a list of names"],
    [{ lora: { targetModules: ["lm_head"] } }, "lora.targetModules: expected some of q_proj"],
    [{ policy: { maximumNewToken: 9 } }, '(did you mean "maximumNewTokens"?)'],
    [{ policy: { maximumNewTokens: 0 } }, "policy.maximumNewTokens: expected a whole number of at least 1"],
    [{ schedule: "foo" }, 'schedule: expected one of cosine, linear, constant, got "foo"'],
    [{ threads: 1.5 }, "threads: expected a whole number from 1 to 1024, got 1.5"],
    [{ threads: -1 }, "threads: expected"],
    [{ contextLength: "x" }, 'contextLength: expected a whole number of at least 1, got "x"'],
    [{ learningRate: Number.NaN }, "learningRate: expected a positive number, got NaN"],
    [{ batchTokens: "100" }, 'batchTokens: expected a number of at least 1, or Infinity, got "100"'],
    [{ device: "tpu" }, "device: expected one of cpu, webgpu, auto"],
    [{ base: undefined }, "base: expected the directory of a checkpoint"],
  ])("refuses the options %j", (wrong, message) => {
    const options: Record<string, unknown> = { base, ...wrong };
    // As from a configuration in JavaScript, which nothing has checked.
    expect(() => Reflect.apply(embeddedTrainer, undefined, [options])).toThrow(ConfigurationError);
    expect(() => Reflect.apply(embeddedTrainer, undefined, [options])).toThrow(message);
  });

  it("has every option and its default in the page that its errors name", () => {
    const page = readFileSync(new URL("../../docs/hugging-face.md", import.meta.url), "utf8");
    const [, ownTable = "", policyTable = ""] =
      /## The options of `embeddedTrainer`(.*?)in `policy`(.*?)\n## /s.exec(page) ?? [];
    const listed = (table: string) =>
      new Map(
        [...table.matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)].map(([, name = "", text = ""]) => [name, text]),
      );
    expect([...listed(ownTable).keys()].toSorted()).toEqual(Object.keys(optionsSchema.shape).toSorted());
    expect([...listed(policyTable).keys()].toSorted()).toEqual(
      Object.keys(embeddedPolicyOptionsSchema.shape).toSorted(),
    );
    for (const [name, value] of Object.entries(settingsOf({ base }))) {
      const text = listed(ownTable).get(name) ?? "";
      if (typeof value === "number") expect([name, Number(text)]).toEqual([name, value]);
      else if (name === "schedule") expect(text).toBe(`\`"${value}"\``);
    }
  });

  it("takes an option that is undefined for one that is not given", () => {
    const unset = Object.fromEntries([["epochs", undefined]]);
    expect(embeddedTrainer({ base, ...unset }).describe?.()).toEqual(embeddedTrainer({ base }).describe?.());
  });
});
