import type { TrainingBatch } from "../model/llama/llama.ts";
import type { TargetSequence } from "./sequences.ts";

export interface PackingOptions {
  /** Longest row: the model's positions. No sequence may be longer. Default: no limit. */
  readonly maximumLength?: number;
  /** Row lengths are multiples of this, so that few shapes occur. Default 256. */
  readonly lengthMultiple?: number;
  /** Most tokens of one batch, padding included, unless a single row is longer. Bounds the memory. Default 8192. */
  readonly maximumTokens?: number;
}

/**
 * Lays sequences side by side into rows: the longest first, each into the first row with room left, a new row as long
 * as the sequence that opens it (rounded up). Sequences in one row do not see each other (`segments`), and each
 * begins at position 0. Rows of equal length form batches.
 */
export function packSequences(
  sequences: readonly TargetSequence[],
  options: PackingOptions,
): TrainingBatch[] {
  const { maximumLength = Infinity, lengthMultiple = 256, maximumTokens = 8192 } = options;
  const rows: { readonly length: number; used: number; readonly sequences: TargetSequence[] }[] = [];
  const longestFirst = [...sequences].sort((a, b) => b.inputIds.length - a.inputIds.length);
  for (const sequence of longestFirst) {
    const size = sequence.inputIds.length;
    let row = rows.find((each) => each.used + size <= each.length);
    if (row === undefined) {
      const length = Math.min(maximumLength, Math.ceil(size / lengthMultiple) * lengthMultiple);
      if (length < size)
        throw new RangeError(`a sequence of ${size} tokens exceeds a row of ${maximumLength}`);
      row = { length, used: 0, sequences: [] };
      rows.push(row);
    }
    row.sequences.push(sequence);
    row.used += size;
  }
  const batches: TrainingBatch[] = [];
  for (const [length, sameLength] of Map.groupBy(rows, (row) => row.length)) {
    const rowsPerBatch = Math.max(1, Math.floor(maximumTokens / length));
    for (let start = 0; start < sameLength.length; start += rowsPerBatch) {
      const chosen = sameLength.slice(start, start + rowsPerBatch);
      batches.push(
        batchOf(
          chosen.map((row) => row.sequences),
          length,
        ),
      );
    }
  }
  return batches;
}

function batchOf(rows: readonly (readonly TargetSequence[])[], length: number): TrainingBatch {
  const size = rows.length * length;
  const batch = {
    rows: rows.length,
    length,
    inputIds: new Int32Array(size),
    targets: new Int32Array(size),
    targetWeights: new Float32Array(size),
    positions: new Int32Array(size),
    // Padding is a segment of its own, so no token attends to it.
    segments: new Int32Array(size).fill(-1),
  };
  for (const [row, sequences] of rows.entries()) {
    let start = row * length;
    for (const [segment, { inputIds, targets, weights }] of sequences.entries()) {
      batch.inputIds.set(inputIds, start);
      batch.targets.set(targets, start);
      batch.targetWeights.set(weights, start);
      batch.positions.set(Int32Array.from(inputIds.keys()), start);
      batch.segments.fill(segment, start, start + inputIds.length);
      start += inputIds.length;
    }
  }
  return batch;
}

/**
 * Divides the sequences, in a given order, into groups of about `batchTokens` tokens: a group is closed by the first
 * sequence that would exceed it. A sequence longer than that is a group of its own.
 */
export function groupByTokens(sequences: readonly TargetSequence[], batchTokens: number): TargetSequence[][] {
  const groups: TargetSequence[][] = [];
  let group: TargetSequence[] = [];
  let tokens = 0;
  for (const sequence of sequences) {
    if (group.length > 0 && tokens + sequence.inputIds.length > batchTokens) {
      groups.push(group);
      group = [];
      tokens = 0;
    }
    group.push(sequence);
    tokens += sequence.inputIds.length;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
