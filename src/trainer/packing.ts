import { type LlamaConfiguration, type TrainingBatch, tokensAtOnce } from "../model/llama/llama.ts";
import { type PrefixTree, prefixTree, prefixTrees, rowCost } from "./prefix-tree.ts";
import type { TargetSequence } from "./sequences.ts";

export interface PackingOptions {
  /** Longest row: the model's positions. No sequence may be longer. Default: no limit. */
  readonly maximumLength?: number;
  /** Row lengths are multiples of this, so that few shapes occur. Default 256. */
  readonly lengthMultiple?: number;
  /** Most tokens of one batch, padding included, unless a single row is longer. Bounds the memory. Default 8192. */
  readonly maximumTokens?: number;
  /**
   * Most places that sequences may take together if they share what they begin with. A row is computed as a whole, so
   * this bounds the memory where the sequences are shorter. Default 0: each stands alone.
   */
  readonly maximumShared?: number;
}

/** How fine-tuning packs: sequences share what they begin with, in rows as long as are computed at once anyway. */
export function fineTuningRows(configuration: LlamaConfiguration): PackingOptions {
  const { maximumPositions } = configuration;
  return {
    maximumLength: maximumPositions,
    // With 128, a seventh of the places is padding and about ten graphs are compiled; with 256, half as many, but
    // more is computed in vain.
    lengthMultiple: 128,
    maximumShared: Math.min(maximumPositions, tokensAtOnce(configuration, maximumPositions)),
  };
}

interface Row {
  readonly length: number;
  readonly used: number;
  readonly trees: readonly PrefixTree[];
}

/**
 * Lays sequences side by side into rows, and where it makes the rows cheaper, in trees that share what the sequences begin
 * with. Sequences and trees in one row do not see each other (`seenUntil`), and each begins at position 0. Rows of equal
 * length form batches.
 */
export function packSequences(
  sequences: readonly TargetSequence[],
  options: PackingOptions,
): TrainingBatch[] {
  const { maximumTokens = 8192, maximumShared = 0 } = options;
  const alone = sequences.map((sequence) => prefixTree([sequence]));
  const apart = rowsOf(alone, options);
  const shared = rowsOf(prefixTrees(sequences, maximumShared), options);
  const rows = costOf(shared) < costOf(apart) ? shared : apart;
  const batches: TrainingBatch[] = [];
  for (const [length, sameLength] of Map.groupBy(rows, (row) => row.length)) {
    const rowsPerBatch = Math.max(1, Math.floor(maximumTokens / length));
    for (let start = 0; start < sameLength.length; start += rowsPerBatch) {
      const chosen = sameLength.slice(start, start + rowsPerBatch);
      batches.push(
        batchOf(
          chosen.map((row) => row.trees),
          length,
        ),
      );
    }
  }
  return batches;
}

/** The longest first, each into the first row with room left, a new row as long as what opens it (rounded up). */
function rowsOf(trees: readonly PrefixTree[], options: PackingOptions): Row[] {
  const { maximumLength = Infinity, lengthMultiple = 256 } = options;
  const rows: { readonly length: number; used: number; readonly trees: PrefixTree[] }[] = [];
  for (const tree of trees.toSorted((a, b) => b.inputIds.length - a.inputIds.length)) {
    const size = tree.inputIds.length;
    let row = rows.find((each) => each.used + size <= each.length);
    if (row === undefined) {
      const length = Math.min(maximumLength, Math.ceil(size / lengthMultiple) * lengthMultiple);
      if (length < size)
        throw new RangeError(`a sequence of ${size} tokens exceeds a row of ${maximumLength}`);
      row = { length, used: 0, trees: [] };
      rows.push(row);
    }
    row.trees.push(tree);
    row.used += size;
  }
  return rows;
}

function costOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { length }) => sum + rowCost(length), 0);
}

function batchOf(rows: readonly (readonly PrefixTree[])[], length: number): TrainingBatch {
  const size = rows.length * length;
  const batch = {
    rows: rows.length,
    length,
    inputIds: new Int32Array(size),
    targets: new Int32Array(size),
    targetWeights: new Float32Array(size),
    positions: new Int32Array(size),
    // Padding sees padding, and stands at the end, so no token sees it.
    seenUntil: new Int32Array(size).fill(length),
  };
  for (const [row, trees] of rows.entries()) {
    let start = 0;
    for (const { inputIds, targets, weights, positions, seenUntil } of trees) {
      const place = row * length + start;
      batch.inputIds.set(inputIds, place);
      batch.targets.set(targets, place);
      batch.targetWeights.set(weights, place);
      batch.positions.set(positions, place);
      const offset = start;
      batch.seenUntil.set(
        seenUntil.map((end) => offset + end),
        place,
      );
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
