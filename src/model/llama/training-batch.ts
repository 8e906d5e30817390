import { EefError } from "../../errors.ts";
import type { Feed } from "../graph/session.ts";
import type { LlamaConfiguration, TrainingBatch } from "./types.ts";

export type BatchFeeds = Readonly<
  Record<"inputIds" | "positions" | "seenUntil" | "places" | "targets" | "weights", Feed>
>;

/**
 * The graph's inputs for a batch, with the weights divided by `totalWeight`. See `lossGraph`.
 * @param leastPlaces As many places at least, if the batch has them.
 */
export function batchFeeds(batch: TrainingBatch, totalWeight: number, leastPlaces = 0): BatchFeeds {
  const { rows, length, inputIds, targets, targetWeights } = batch;
  const shape = [rows, length];
  const places: number[] = [];
  for (let place = 0; place < targetWeights.length; place++)
    if (targetWeights[place] !== 0) places.push(place);
  const weighted = places.length;
  // With few different numbers of places, the blocks of memory that the engine keeps fit again. The places added
  // here have weight 0, and are distinct because gradients are scattered back without adding up.
  const wanted = Math.min(targetWeights.length, bucketSize(Math.max(weighted, leastPlaces)));
  for (let place = 0; places.length < wanted; place++) if (targetWeights[place] === 0) places.push(place);

  const targetIds = new Int32Array(wanted);
  const weights = new Float32Array(wanted);
  places.forEach((place, index) => {
    if (index >= weighted) return;
    targetIds[index] = targets[place] ?? 0;
    weights[index] = (targetWeights[place] ?? 0) / totalWeight;
  });
  return {
    inputIds: { data: inputIds, shape },
    positions: { data: batch.positions ?? ascendingPositions(rows, length), shape },
    seenUntil: { data: batch.seenUntil ?? new Int32Array(rows * length).fill(length), shape },
    places: { data: Int32Array.from(places), shape: [wanted] },
    targets: { data: targetIds, shape: [wanted] },
    weights: { data: weights, shape: [wanted] },
  };
}

/**
 * The batch in parts of whole rows of at most about `tokens` tokens, as views; parts without a target are left out.
 */
export function splitRows(batch: TrainingBatch, tokens: number): TrainingBatch[] {
  const { rows, length } = batch;
  const partRows = Math.max(1, Math.floor(tokens / length));
  const parts: TrainingBatch[] = [];
  for (let row = 0; row < rows; row += partRows) {
    const [start, end] = [row * length, Math.min(row + partRows, rows) * length];
    const targetWeights = batch.targetWeights.subarray(start, end);
    if (targetWeights.every((weight) => weight === 0)) continue;
    parts.push({
      rows: (end - start) / length,
      length,
      inputIds: batch.inputIds.subarray(start, end),
      targets: batch.targets.subarray(start, end),
      targetWeights,
      ...(batch.positions && { positions: batch.positions.subarray(start, end) }),
      ...(batch.seenUntil && { seenUntil: batch.seenUntil.subarray(start, end) }),
    });
  }
  return parts;
}

/** Sum of the weights of all batches; throws an EefError that says what is wrong with a batch. */
export function checkBatches(batches: readonly TrainingBatch[], configuration: LlamaConfiguration): number {
  let total = 0;
  batches.forEach((batch, index) => {
    const fail = (problem: string) => {
      throw new EefError(`training batch ${index} of ${batches.length}: ${problem}`);
    };
    const size = batch.rows * batch.length;
    if (size === 0) fail("it is empty");
    for (const name of ["inputIds", "targets", "targetWeights", "positions", "seenUntil"] as const) {
      const array = batch[name];
      if (array !== undefined && array.length !== size) {
        fail(`${name} should have ${batch.rows} x ${batch.length} numbers, but has ${array.length}`);
      }
    }
    const largestPosition = batch.positions?.reduce((a, b) => Math.max(a, b), 0) ?? batch.length - 1;
    if (largestPosition >= configuration.maximumPositions) {
      fail(`position ${largestPosition} is beyond the model's ${configuration.maximumPositions} positions`);
    }
    for (let place = 0; place < size; place++) {
      const end = batch.seenUntil?.[place] ?? batch.length;
      if (end <= place % batch.length) fail(`place ${place} is seen until ${end}, so not even by itself`);
      const weight = batch.targetWeights[place] ?? 0;
      if (!(weight >= 0 && weight < Infinity)) fail(`weight ${weight} at place ${place} should be 0 or more`);
      total += weight;
      const outside = (id: number | undefined) =>
        id === undefined || id < 0 || id >= configuration.vocabularySize;
      if (outside(batch.inputIds[place])) fail(`token ${batch.inputIds[place]} is not in the vocabulary`);
      if (weight !== 0 && outside(batch.targets[place]))
        fail(`target ${batch.targets[place]} is not in the vocabulary`);
    }
  });
  if (total === 0)
    throw new EefError("no place of the training batch has a weight above 0, so there is nothing to learn");
  return total;
}

/**
 * How many places make the gradient the same, bit for bit, on one thread and on two. The engine splits a product with fewer rows
 * than columns by its columns, and where a thread gets 64 of them or fewer, it adds up longer blocks at a time. The one product
 * of this kind has a row for each place and a column for each hidden number.
 */
export function leastPlacesFor({ hiddenSize }: LlamaConfiguration): number {
  return hiddenSize <= 2 * 64 ? hiddenSize : 0;
}

/** The next of 1, 2, 3, 4, 6, 8, 12, 16, 24, ...: at most half more than asked for, and few different sizes. */
function bucketSize(count: number): number {
  let size = 1;
  while (size < count) size *= 2;
  return size >= 4 && (size * 3) / 4 >= count ? (size * 3) / 4 : size;
}

function ascendingPositions(rows: number, length: number): Int32Array {
  return Int32Array.from({ length: rows * length }, (_, place) => place % length);
}
