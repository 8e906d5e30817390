import { describe, expect, test } from "vitest";
import { EefError } from "../../errors.ts";
import { createRandom } from "../../random.ts";
import { openGraph } from "../graph/session.ts";
import { batchGradient, gradientOutputs } from "./batch-gradient.ts";
import { flatten, layoutOf, viewParameters } from "./flat-parameters.ts";
import {
  createDecodingSession,
  createTrainingSession,
  initialParameters,
  type TrainingBatch,
  TrainingDivergedError,
} from "./llama.ts";
import { configuration, learning, packed, randomBatch } from "./training.test-helpers.ts";
import { batchFeeds } from "./training-batch.ts";
import { lossGraph } from "./training-graph.ts";

const initial = initialParameters(configuration, 7);

function open(threads = 1) {
  return createTrainingSession(configuration, initial, { learning, threads });
}

test("the gradient of the whole model is the slope of its loss in random directions", async () => {
  const batch = randomBatch(1, 2, 140);
  const totalWeight = batch.targetWeights.reduce((sum, weight) => sum + weight, 0);
  const layout = layoutOf(configuration);
  const start = flatten(layout, initial);
  await using session = await openGraph(lossGraph(configuration, 140, true), gradientOutputs, { threads: 1 });
  const at = (flat: Float32Array) =>
    batchGradient(
      session,
      layout,
      Object.fromEntries(viewParameters(layout, flat)),
      batchFeeds(batch, totalWeight),
    );
  const { gradient } = await at(start);
  const random = createRandom(2);
  for (let trial = 0; trial < 8; trial++) {
    const direction = start.map(() => random.normal() / Math.sqrt(layout.size));
    const step = 0.02;
    const { loss: above } = await at(start.map((x, i) => x + step * (direction[i] ?? 0)));
    const { loss: below } = await at(start.map((x, i) => x - step * (direction[i] ?? 0)));
    const slope = gradient.reduce((sum, x, i) => sum + x * (direction[i] ?? 0), 0);
    expect(Math.abs((above - below) / (2 * step) - slope)).toBeLessThan(2e-3);
  }
});

test("steps on one batch learn it", async () => {
  await using session = await open();
  const batch = randomBatch(3, 2, 24);
  const { loss: before } = await session.evaluate(batch);
  for (let step = 0; step < 60; step++) await session.step(batch, 1e-2);
  const { loss: after } = await session.evaluate(batch);
  expect(before).toBeGreaterThan(3);
  expect(after).toBeLessThan(0.3);
});

test("the same steps end in the same bits, also on two threads", async () => {
  const ends = [];
  for (let run = 0; run < 2; run++) {
    await using session = await open(2);
    for (let step = 0; step < 3; step++) await session.step(randomBatch(step, 4, 64), 1e-2);
    ends.push(flatten(layoutOf(configuration), await session.parameters()));
  }
  expect(ends[1]).toEqual(ends[0]);
});

test("one thread and two end in the same bits, also where a batch has few targets", async () => {
  // In these sizes the engine adds up some products in other blocks for each half than for the whole.
  const wide = {
    ...configuration,
    vocabularySize: 600,
    hiddenSize: 128,
    headSize: 32,
    intermediateSize: 384,
  };
  const start = initialParameters(wide, 1);
  const batch = randomBatch(1, 1, 128);
  const ends: Float32Array[] = [];
  for (const threads of [1, 2]) {
    await using session = await createTrainingSession(wide, start, { learning, threads });
    await session.step(batch, 1e-2);
    ends.push(flatten(layoutOf(wide), await session.parameters()));
  }
  expect(ends[1]?.findIndex((weight, place) => weight !== ends[0]?.[place])).toBe(-1);
});

test("a session opened from another's parameters and optimizer state goes on as that one", async () => {
  await using first = await open();
  await first.step(randomBatch(1, 2, 24), 1e-2);
  await using second = await createTrainingSession(configuration, await first.parameters(), {
    learning,
    threads: 1,
    optimizerState: await first.optimizerState(),
  });
  const batch = randomBatch(2, 2, 24);
  expect(await second.step(batch, 1e-2)).toEqual(await first.step(batch, 1e-2));
  expect(await second.parameters()).toEqual(await first.parameters());
  expect((await second.optimizerState()).step).toBe(2);
});

test("sequences packed into one row have the loss of sequences in rows of their own", async () => {
  await using session = await open();
  const parts = randomBatch(5, 3, 20);
  const { loss: together } = await session.evaluate(packed({ ...parts, rows: 1, length: 60 }, 20));
  const { loss: apart } = await session.evaluate(parts);
  expect(together).toBeCloseTo(apart, 5);
});

test("tokens after the last target do not matter", async () => {
  await using session = await open();
  const batch = randomBatch(6, 1, 30);
  const targetWeights = batch.targetWeights.map((weight, place) => (place < 20 ? weight : 0));
  const inputIds = batch.inputIds.map((token, place) => (place < 20 ? token : 0));
  const { loss } = await session.evaluate({ ...batch, targetWeights });
  expect((await session.evaluate({ ...batch, inputIds, targetWeights })).loss).toBeCloseTo(loss, 6);
});

test("training computes the probabilities that decoding computes", async () => {
  const batch = randomBatch(8, 1, 150);
  await using training = await open();
  await using decoding = await createDecodingSession(configuration, initial, {
    maximumSequences: 1,
    threads: 1,
  });
  let [sum, total] = [0, 0];
  for (const [place, token] of batch.inputIds.entries()) {
    const logits = await decoding.append([{ slot: 0, tokens: [token] }]);
    const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const partition = logits.reduce((acc, logit) => acc + Math.exp(logit - largest), 0);
    const weight = batch.targetWeights[place] ?? 0;
    sum += weight * (largest + Math.log(partition) - (logits[batch.targets[place] ?? 0] ?? 0));
    total += weight;
  }
  expect(Math.abs((await training.evaluate(batch)).loss - sum / total)).toBeLessThan(1e-4);
});

describe("a step that fails leaves the parameters as they were:", () => {
  test("a loss that is not finite", async () => {
    const broken = new Map(initial);
    const norm = initial.get("model.norm.weight");
    broken.set("model.norm.weight", { shape: [32], data: new Float32Array(32).fill(Number.NaN) });
    expect(norm?.shape).toEqual([32]);
    await using session = await createTrainingSession(configuration, broken, { learning, threads: 1 });
    await expect(session.step(randomBatch(1, 1, 8), 1e-3)).rejects.toThrow(TrainingDivergedError);
    expect(await session.parameters()).toEqual(broken);
    expect((await session.optimizerState()).step).toBe(0);
  });

  test.each<[string, Partial<TrainingBatch>, RegExp]>([
    ["no weight above 0", { targetWeights: new Float32Array(8) }, /nothing to learn/],
    ["a negative weight", { targetWeights: new Float32Array(8).fill(-1) }, /weight -1 at place 0/],
    ["a token outside the vocabulary", { inputIds: new Int32Array(8).fill(61) }, /token 61/],
    [
      "a target outside the vocabulary",
      { targets: new Int32Array(8).fill(-2), targetWeights: new Float32Array(8).fill(1) },
      /target -2/,
    ],
    ["an array of another size", { targets: new Int32Array(7) }, /targets should have 1 x 8/],
    ["a position beyond the model's", { positions: new Int32Array(8).fill(256) }, /position 256/],
    ["a token that does not see itself", { seenUntil: new Int32Array(8).fill(3) }, /place 3 is seen until 3/],
  ])("%s", async (_, change, message) => {
    await using session = await open();
    const step = session.step({ ...randomBatch(1, 1, 8), ...change }, 1e-3);
    await expect(step).rejects.toThrow(EefError);
    await expect(step).rejects.toThrow(message);
  });
});

test("parameters that do not fit the configuration are named", async () => {
  const lacking = new Map(initial);
  lacking.delete("model.layers.1.mlp.up_proj.weight");
  await expect(createTrainingSession(configuration, lacking, { learning })).rejects.toThrow(
    /layers\.1\.mlp\.up_proj/,
  );
});
