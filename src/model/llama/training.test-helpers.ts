import { createRandom } from "../../random.ts";
import type { LearningOptions, LlamaConfiguration, TrainingBatch } from "./types.ts";

/** A model with two query heads to a key head that tests train in milliseconds. */
export const configuration: LlamaConfiguration = {
  vocabularySize: 61,
  hiddenSize: 32,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 8,
  intermediateSize: 48,
  maximumPositions: 256,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};

export const learning: LearningOptions = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clipNorm: 1,
};

/** Random tokens; each predicts the next one, with a random weight, often 0. */
export function randomBatch(seed: number, rows: number, length: number): TrainingBatch {
  const random = createRandom(seed);
  const inputIds = Int32Array.from({ length: rows * length }, () =>
    random.integer(configuration.vocabularySize),
  );
  return {
    rows,
    length,
    inputIds,
    targets: inputIds.map((_, place) => inputIds[place + 1] ?? 0),
    targetWeights: Float32Array.from(inputIds, () => (random.chance(0.4) ? random.next() : 0)),
  };
}

/** The same batch with each row cut into sequences of `size` tokens side by side. */
export function packed(batch: TrainingBatch, size: number): TrainingBatch {
  const { length } = batch;
  return {
    ...batch,
    positions: batch.inputIds.map((_, place) => (place % length) % size),
    seenUntil: batch.inputIds.map((_, place) => {
      const start = (place % length) - ((place % length) % size);
      return Math.min(start + size, length);
    }),
  };
}
