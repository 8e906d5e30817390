import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigurationError } from "../errors.ts";
import { saveCheckpoint } from "../model/checkpoint/checkpoint.ts";
import { webGpuState } from "../model/graph/device.ts";
import { initialParameters } from "../model/llama/llama.ts";
import { tinyConfiguration } from "../model/llama/tiny-configuration.test-helpers.ts";
import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../model/tokenizer/train.ts";
import { differences, toJson } from "../run/describe.ts";
import { embeddedTrainer } from "./embedded.ts";
import { pretrain } from "./pretraining/pretrain.ts";
import { randomRepeats } from "./pretraining/random-tokens.ts";
import type { TrainingExample } from "./trainer.ts";

const tokenizer = createTokenizer(trainTokenizer(["Action: search[lamp]"], { vocabularySize: 380 }));
const configuration = { ...tinyConfiguration(tokenizer.vocabularySize, 128), layers: 1 };
const example: TrainingExample = {
  id: "lamp",
  taskId: "lamp",
  messages: [
    { role: "user", content: "Find a lamp" },
    { role: "assistant", content: "Action: search[lamp]" },
  ],
  weights: [0, 1],
  origin: { trajectoryId: "trajectory", importantState: 0, reason: "won" },
};

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-device-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const state = webGpuState();
const here = state.usable ? "" : ` (skipped: ${state.reason})`;

it("an unknown device is refused by name", () => {
  vi.stubEnv("EEF_DEVICE", undefined);
  // As a configuration in plain JavaScript may have it.
  const options = Object.assign({ base: "base" }, { device: JSON.parse('"cuda"') });
  expect(() => embeddedTrainer(options)).toThrow('device: expected one of cpu, webgpu, auto, got "cuda"');
});

// A driver in software takes seconds to compile the kernels.
describe.skipIf(!state.usable)(`training on WebGPU${here}`, { timeout: 300_000 }, () => {
  const describeOn = (device?: "cpu" | "webgpu" | "auto") =>
    toJson(embeddedTrainer({ base: "base", ...(device === undefined ? {} : { device }) }).describe?.());

  it("is another configuration than training on the CPU, so that a run is not continued on another device", () => {
    vi.stubEnv("EEF_DEVICE", undefined);
    expect(differences(describeOn("cpu"), describeOn("webgpu"))).toEqual([
      'device: null there, "webgpu" here',
    ]);
    expect(describeOn("auto")).toEqual(describeOn("webgpu"));
    expect(describeOn()).toEqual(describeOn("cpu"));
    vi.stubEnv("EEF_DEVICE", "webgpu");
    expect(describeOn()).toEqual(describeOn("webgpu"));
  });

  it("is recorded in the checkpoint, which opens on the CPU", async () => {
    const base = join(folder, "base");
    await saveCheckpoint(base, { configuration, parameters: initialParameters(configuration, 1), tokenizer });
    const trainer = embeddedTrainer({ base, device: "webgpu", epochs: 1, threads: 1 });
    const outputDirectory = join(folder, "student");
    const request = { base: await trainer.base(), examples: [example], seed: 1, outputDirectory };
    const { policy: reference } = await trainer.train(request);
    expect(await readFile(join(outputDirectory, "training.json"), "utf8")).toContain('"device": "webgpu"');
    await using policy = await trainer.open(reference);
    expect(policy.version).toBe(reference.version);
  });

  it("does not continue what the CPU began", async () => {
    const stopping = new AbortController();
    const draw = randomRepeats({ length: [3, 5], occurrences: [2, 3], alphabet: 50 });
    const options = {
      configuration,
      tokenizer,
      stages: [{ name: "repeats", tokens: 60, exercises: [{ name: "repeats", weight: 1, draw }] }],
      seed: 1,
      outputDirectory: join(folder, "base"),
      contextLength: 128,
      batchTokens: 30,
      saveEvery: 1,
      threads: 1,
    };
    const onProgress = () => stopping.abort();
    const begun = pretrain({ ...options, device: "cpu", signal: stopping.signal, onProgress });
    await expect(begun).rejects.toThrow("aborted");
    const continued = pretrain({ ...options, device: "webgpu" });
    await expect(continued).rejects.toThrow(ConfigurationError);
    await expect(continued).rejects.toThrow('was begun on device "cpu", this is "webgpu"');
  });
});
