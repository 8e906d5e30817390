import { expect, test } from "vitest";
import { openGraph } from "../graph/session.ts";
import { batchGradient, gradientOutputs } from "./batch-gradient.ts";
import { layoutOf, viewParameters } from "./flat-parameters.ts";
import { createTrainingSession } from "./llama.ts";
import reference from "./llama-reference.json" with { type: "json" };
import { referenceBatch, referenceParameters } from "./reference-cases.ts";
import { batchFeeds } from "./training-batch.ts";
import { lossGraph } from "./training-graph.ts";

const tolerance = 1e-4;

for (const recorded of reference.cases) {
  const { configuration } = recorded;
  const batch = referenceBatch(configuration.vocabularySize, recorded.segments, recorded.positions);
  const totalWeight = batch.targetWeights.reduce((sum, weight) => sum + weight, 0);

  test(`${recorded.name}: loss and every gradient are those of transformers ${reference.transformers}`, async () => {
    await using session = await openGraph(lossGraph(configuration, batch.length, true), gradientOutputs, {
      threads: 1,
    });
    const layout = layoutOf(configuration);
    const parameters = Object.fromEntries(referenceParameters(configuration));
    const { loss, gradient } = await batchGradient(
      session,
      layout,
      parameters,
      batchFeeds(batch, totalWeight),
    );
    expect(Math.abs(loss - (recorded.steps[0]?.loss ?? 0))).toBeLessThan(tolerance);
    const gradients = viewParameters(layout, gradient);
    expect(largestDifference(gradients, recorded.gradients)).toBeLessThan(tolerance);
  });

  test(`${recorded.name}: three steps of AdamW end where torch ${reference.torch} ends`, async () => {
    await using session = await createTrainingSession(configuration, referenceParameters(configuration), {
      learning: recorded.learning,
      threads: 1,
    });
    for (const { loss, gradientNorm } of recorded.steps) {
      const result = await session.step(batch, reference.learningRate);
      expect(Math.abs(result.loss - loss)).toBeLessThan(tolerance);
      expect(Math.abs(result.gradientNorm - gradientNorm)).toBeLessThan(tolerance);
    }
    expect(largestDifference(await session.parameters(), recorded.parameters)).toBeLessThan(tolerance);
  });

  test(`${recorded.name}: rows given as two batches of one update give the same three steps`, async () => {
    await using session = await createTrainingSession(configuration, referenceParameters(configuration), {
      learning: recorded.learning,
      threads: 1,
    });
    const halves = [0, 1].map((row) => {
      const part = <Numbers extends Int32Array | Float32Array>(array: Numbers) =>
        array.slice(row * 12, row * 12 + 12);
      return {
        rows: 1,
        length: 12,
        inputIds: part(batch.inputIds) as Int32Array,
        targets: part(batch.targets) as Int32Array,
        targetWeights: part(batch.targetWeights) as Float32Array,
        seenUntil: part(batch.seenUntil) as Int32Array,
        positions: part(batch.positions ?? new Int32Array(24)) as Int32Array,
      };
    });
    for (const { loss, gradientNorm } of recorded.steps) {
      const result = await session.step(halves, reference.learningRate);
      expect(Math.abs(result.loss - loss)).toBeLessThan(tolerance);
      expect(Math.abs(result.gradientNorm - gradientNorm)).toBeLessThan(tolerance);
    }
  });
}

function largestDifference(
  actual: ReadonlyMap<string, { readonly data: Float32Array }>,
  expected: Readonly<Record<string, readonly number[]>>,
): number {
  expect([...actual.keys()].sort()).toEqual(Object.keys(expected).sort());
  let largest = 0;
  for (const [name, { data }] of actual) {
    const values = expected[name] ?? [];
    expect(data.length).toBe(values.length);
    data.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - (values[i] ?? Number.NaN)));
    });
  }
  return largest;
}
