import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webGpuState } from "../graph/device.ts";
import { type Device, Graph } from "../graph/graph.ts";
import { type GraphSession, openGraph } from "../graph/session.ts";
import { batchGradient, gradientOutputs } from "./batch-gradient.ts";
import { flatten, layoutOf, viewParameters } from "./flat-parameters.ts";
import {
  adaptableModules,
  createLoraSession,
  createTrainingSession,
  initialAdapter,
  initialParameters,
  type TrainingSession,
} from "./llama.ts";
import { configuration, learning, packed, randomBatch } from "./training.test-helpers.ts";
import { batchFeeds } from "./training-batch.ts";
import { lossGraph } from "./training-graph.ts";

/** Long enough for attention in two blocks. */
const length = 140;
/** Two rows of sequences side by side. */
const batchOf = (seed: number) => packed(randomBatch(seed, 2, length), 70);

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, x, i) => Math.max(largest, Math.abs(x - (b[i] ?? Number.NaN))), 0);
}

/** Losses of steps on one batch, and the parameters after them. */
async function train(session: TrainingSession) {
  const batch = batchOf(3);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) losses.push((await session.step(batch, 0.01)).loss);
  losses.push((await session.evaluate(batch)).loss);
  return { losses: Float32Array.from(losses), parameters: await session.parameters() };
}

/** The losses and the parameters of a session on WebGPU are those of one on the CPU. */
async function expectSameTraining(open: (device: Device) => Promise<TrainingSession>) {
  const on = async (device: Device) => {
    await using session = await open(device);
    return await train(session);
  };
  const [cpu, webgpu] = [await on("cpu"), await on("webgpu")];
  expect(largestDifference(webgpu.losses, cpu.losses)).toBeLessThan(1e-5);
  for (const [name, { data }] of cpu.parameters) {
    const other = webgpu.parameters.get(name)?.data ?? new Float32Array();
    expect(largestDifference(other, data), name).toBeLessThan(1e-4);
  }
}

const state = webGpuState();
const here = state.usable ? "" : ` (skipped: ${state.reason})`;

// A driver in software takes seconds to compile the kernels.
describe.skipIf(!state.usable)(`training on WebGPU${here}`, { timeout: 300_000 }, () => {
  const initial = initialParameters(configuration, 7);
  /** As long as any session is open, what the driver has compiled is kept for the next one. */
  let keeper: GraphSession<"y"> | undefined;
  beforeAll(async () => {
    const graph = new Graph();
    graph.output("y", graph.input("x", "float32", [1]));
    keeper = await openGraph(graph, ["y"], { threads: 1, device: "webgpu" });
  });
  afterAll(() => keeper?.[Symbol.asyncDispose]());

  test("loss and gradient are those of the CPU, and repeat bit for bit", async () => {
    const layout = layoutOf(configuration);
    const batch = batchOf(1);
    const totalWeight = batch.targetWeights.reduce((sum, weight) => sum + weight, 0);
    const parameters = Object.fromEntries(viewParameters(layout, flatten(layout, initial)));
    const graph = lossGraph(configuration, length, true);
    const on = async (device: Device) => {
      await using session = await openGraph(graph, gradientOutputs, { threads: 1, device });
      const compute = () => batchGradient(session, layout, parameters, batchFeeds(batch, totalWeight));
      return { first: await compute(), again: await compute() };
    };
    const [cpu, webgpu] = [await on("cpu"), await on("webgpu")];
    expect(Math.abs(webgpu.first.loss - cpu.first.loss)).toBeLessThan(1e-6);
    expect(largestDifference(cpu.first.gradient, new Float32Array(layout.size))).toBeGreaterThan(0.01);
    expect(largestDifference(webgpu.first.gradient, cpu.first.gradient)).toBeLessThan(1e-6);
    expect(webgpu.again).toEqual(webgpu.first);
  });

  test("a model trained there is that of the CPU", async () => {
    await expectSameTraining((device) =>
      createTrainingSession(configuration, initial, { learning, threads: 1, device }),
    );
  });

  test("an adapter with dropout, on a model with a head of its own, is that of the CPU", async () => {
    const untied = { ...configuration, tiedEmbeddings: false };
    const parameters = initialParameters(untied, 5);
    const lora = { rank: 3, alpha: 6, dropout: 0.2, targetModules: adaptableModules };
    await expectSameTraining((device) =>
      createLoraSession(untied, parameters, initialAdapter(untied, lora, 1), {
        learning,
        threads: 1,
        device,
      }),
    );
  });
});
