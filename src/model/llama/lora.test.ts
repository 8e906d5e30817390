import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../errors.ts";
import { createRandom } from "../../random.ts";
import { openGraph } from "../graph/session.ts";
import { flatten, layoutOfShapes, viewParameters } from "./flat-parameters.ts";
import {
  type Adapter,
  adaptableModules,
  adapterShapes,
  createLoraSession,
  createTrainingSession,
  initialAdapter,
  initialParameters,
  type LlamaConfiguration,
  type LoraOptions,
  mergeAdapter,
  type TrainingBatch,
  TrainingDivergedError,
} from "./llama.ts";
import { batchFeeds } from "./training-batch.ts";
import { lossGraph } from "./training-graph.ts";

const configuration: LlamaConfiguration = {
  vocabularySize: 41,
  hiddenSize: 16,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 6,
  intermediateSize: 20,
  maximumPositions: 64,
  ropeTheta: 10_000,
  ropeScaling: { kind: "linear", factor: 2 },
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: false,
};
const parameters = initialParameters(configuration, 3);
const options: LoraOptions = { rank: 3, alpha: 6, dropout: 0, targetModules: adaptableModules };
const learning = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };

function batchOf(seed: number, rows = 2, length = 20): TrainingBatch {
  const random = createRandom(seed);
  const inputIds = Int32Array.from({ length: rows * length }, () => random.integer(41));
  return {
    rows,
    length,
    inputIds,
    targets: inputIds.map((_, place) => inputIds[place + 1] ?? 0),
    targetWeights: Float32Array.from(inputIds, () => (random.chance(0.4) ? 1 : 0)),
  };
}

/** An adapter that changes something: B is not 0. */
function randomAdapter(changes: Partial<LoraOptions> = {}): Adapter {
  const adapter = initialAdapter(configuration, { ...options, ...changes }, 1);
  const random = createRandom(2);
  for (const { data } of adapter.parameters.values()) {
    for (const i of data.keys()) data[i] = 0.3 * random.normal();
  }
  return adapter;
}

const open = (adapter: Adapter, seed = 0) =>
  createLoraSession(configuration, parameters, adapter, { learning, threads: 1, seed });

describe("an adapter", () => {
  test("changes nothing at first, and has its matrices where PEFT has them", async () => {
    const adapter = initialAdapter(configuration, { ...options, targetModules: ["q_proj", "down_proj"] }, 5);
    await using lora = await open(adapter);
    await using full = await createTrainingSession(configuration, parameters, { learning, threads: 1 });
    expect((await lora.evaluate(batchOf(1))).loss).toBe((await full.evaluate(batchOf(1))).loss);
    expect([...adapter.parameters].map(([name, { shape }]) => [name, shape])).toEqual(
      [0, 1].flatMap((layer) => [
        [`model.layers.${layer}.self_attn.q_proj.lora_A.weight`, [3, 16]],
        [`model.layers.${layer}.self_attn.q_proj.lora_B.weight`, [24, 3]],
        [`model.layers.${layer}.mlp.down_proj.lora_A.weight`, [3, 20]],
        [`model.layers.${layer}.mlp.down_proj.lora_B.weight`, [16, 3]],
      ]),
    );
  });

  test("merged into the weights gives the loss that it gives beside them", async () => {
    const adapter = randomAdapter();
    await using lora = await open(adapter);
    const merged = mergeAdapter(configuration, parameters, adapter);
    await using full = await createTrainingSession(configuration, merged, { learning, threads: 1 });
    const { loss } = await lora.evaluate(batchOf(1));
    expect((await full.evaluate(batchOf(1))).loss).toBeCloseTo(loss, 4);
    await using without = await createTrainingSession(configuration, parameters, { learning, threads: 1 });
    expect(Math.abs((await without.evaluate(batchOf(1))).loss - loss)).toBeGreaterThan(0.1);
  });

  test.each<[string, Partial<LoraOptions>, string]>([
    ["no rank", { rank: 0 }, "lora.rank: expected a whole number of at least 1, got 0"],
    ["an alpha of 0", { alpha: 0 }, "lora.alpha"],
    ["dropout of everything", { dropout: 1 }, "lora.dropout"],
    ["no modules", { targetModules: [] }, "lora.targetModules: expected at least one"],
    ["a module twice", { targetModules: ["q_proj", "q_proj"] }, "lora.targetModules: expected each once"],
  ])("cannot have %s", (_, changes, message) => {
    const make = () => initialAdapter(configuration, { ...options, ...changes }, 1);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });
});

describe("training an adapter", () => {
  test("follows the slope of the loss in random directions, also with dropout", async () => {
    const lora: LoraOptions = { ...options, dropout: 0.3 };
    const layout = layoutOfShapes(adapterShapes(configuration, lora));
    const batch = batchOf(1);
    const feeds = batchFeeds(
      batch,
      batch.targetWeights.reduce((a, b) => a + b, 0),
    );
    const random = createRandom(7);
    const rowsOf = (name: string) =>
      name.startsWith("model.layers.1.") && !/[qkv]_proj/.test(name) ? feeds.targets.data.length : 40;
    const kept = [...adapterShapes(configuration, lora)]
      .filter(([name]) => name.endsWith("lora_A.weight"))
      .map(([name, [, inSize = 0]]) => {
        const shape = [rowsOf(name), inSize];
        const data = Uint8Array.from({ length: rowsOf(name) * inSize }, () => (random.chance(0.3) ? 0 : 1));
        return [name.replace(".lora_A.weight", ".kept"), { data, shape }] as const;
      });
    await using session = await openGraph(lossGraph(configuration, 20, true, lora), ["loss", "gradient"], {
      threads: 1,
    });
    const at = async (flat: Float32Array) => {
      const results = await session.run({
        ...Object.fromEntries(parameters),
        ...Object.fromEntries(viewParameters(layout, flat)),
        ...Object.fromEntries(kept),
        ...feeds,
      });
      return { loss: results.get("loss")[0] ?? Number.NaN, gradient: results.get("gradient") };
    };
    const start = flatten(layout, randomAdapter({ dropout: 0.3 }).parameters);
    const { gradient } = await at(start);
    expect(gradient).toHaveLength(layout.size);
    for (let trial = 0; trial < 5; trial++) {
      const direction = start.map(() => random.normal() / Math.sqrt(layout.size));
      const step = 0.02;
      const { loss: above } = await at(start.map((x, i) => x + step * (direction[i] ?? 0)));
      const { loss: below } = await at(start.map((x, i) => x - step * (direction[i] ?? 0)));
      const slope = gradient.reduce((sum, x, i) => sum + x * (direction[i] ?? 0), 0);
      expect(Math.abs((above - below) / (2 * step) - slope)).toBeLessThan(3e-3);
    }
  });

  test("learns a batch, and leaves the model's own weights alone", async () => {
    const before = new Map([...parameters].map(([name, { data }]) => [name, data.slice()]));
    await using session = await open(initialAdapter(configuration, { ...options, rank: 8 }, 1));
    const { loss: first } = await session.evaluate(batchOf(3));
    for (let step = 0; step < 100; step++) await session.step(batchOf(3), 2e-2);
    expect((await session.evaluate(batchOf(3))).loss).toBeLessThan(first / 3);
    for (const [name, { data }] of parameters) expect(data).toEqual(before.get(name));
  });

  test("keeps optimizer state for the adapter alone, and computes no gradient of a frozen matrix", async () => {
    await using session = await open(initialAdapter(configuration, options, 1));
    const names = [...adapterShapes(configuration, options).keys()];
    expect([...(await session.parameters()).keys()]).toEqual(names);
    expect([...(await session.optimizerState()).secondMoments.keys()]).toEqual(names);
    // Forward, a frozen matrix and the two of its adapter are one product each; backward one and four. The first
    // layer's queries, keys and values need no gradient of their inputs (two products each). Two more are the head's.
    const products = 14 * 3 + (14 - 3) + (14 * 4 - 3) + 2;
    const graph = Buffer.from(lossGraph(configuration, 20, true, options).encode()).toString("latin1");
    // A node's operator is the string in field 4.
    expect(graph.split('"\u0004Gemm')).toHaveLength(products + 1);
  });

  test("repeats itself with the same seed, and drops other inputs with another", async () => {
    const losses = [];
    for (const seed of [1, 1, 2]) {
      await using session = await open(randomAdapter({ dropout: 0.5 }), seed);
      const steps = [];
      for (let step = 0; step < 2; step++) steps.push((await session.step(batchOf(1), 1e-2)).loss);
      losses.push(steps);
    }
    expect(losses[1]).toEqual(losses[0]);
    expect(losses[2]).not.toEqual(losses[0]);
    await using session = await open(randomAdapter({ dropout: 0.5 }), 1);
    // Without dropout, as a trained adapter is used.
    expect((await session.evaluate(batchOf(1))).loss).not.toBe(losses[0]?.[0]);
  });

  test("names the step at which the loss is no longer a number, and keeps the adapter", async () => {
    const adapter = randomAdapter();
    await using session = await open(adapter);
    const first = await session.step(batchOf(1), 1e-3);
    expect(Number.isFinite(first.loss)).toBe(true);
    const good = await session.parameters();
    const broken = initialAdapter(configuration, options, 1);
    broken.parameters.get("model.layers.0.mlp.up_proj.lora_B.weight")?.data.fill(Number.NaN);
    await using other = await open(broken);
    await expect(other.step(batchOf(1), 1e-3)).rejects.toThrow(TrainingDivergedError);
    await expect(other.step(batchOf(1), 1e-3)).rejects.toThrow("training step 1: the loss is NaN");
    expect(await session.parameters()).toEqual(good);
  });
});
