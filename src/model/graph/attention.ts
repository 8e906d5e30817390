import type { Graph, Value } from "./graph.ts";
import {
  concatenateOnly,
  float,
  matrixProduct,
  reshapeOnly,
  sliceOnly,
  transposeOnly,
  unsqueeze,
} from "./operators.ts";

export interface AttentionShape {
  /** Tokens in a row. */
  readonly length: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
}

/** Queries from `start` to `end` with the mask [rows, 1, end - start, 1, end] that is added to their scores. */
export interface QueryBlock {
  readonly start: number;
  readonly end: number;
  readonly mask: Value;
}

/**
 * Cuts the queries into blocks; a block sees only the keys up to its own end, so that nearly half of the products of
 * causal attention are never computed, and makes the masks: 0 where a query may look, minus infinity elsewhere.
 * The query at place q looks at the keys at places k with k <= q < seenUntil[k]. `seenUntil` is int32 [rows, length].
 */
export function causalBlocks(
  graph: Graph,
  seenUntil: Value,
  length: number,
  blockSize: number,
): QueryBlock[] {
  const rows = seenUntil.shape[0] ?? 1;
  // Floats, because the graph's constants are; they are exact up to 2^24.
  const ends = graph.node("Cast", [seenUntil], float(rows, length), { to: 1 });
  const blocks: QueryBlock[] = [];
  for (let start = 0; start < length; start += blockSize) {
    const end = Math.min(start + blockSize, length);
    const size = end - start;
    const causal = new Float32Array(size * end);
    for (let query = 0; query < size; query++)
      causal.fill(-Infinity, query * end + start + query + 1, (query + 1) * end);
    const queries = graph.constant(
      Float32Array.from({ length: size }, (_, query) => start + query),
      [size, 1],
    );
    const keyEnds = unsqueeze(graph, sliceOnly(graph, ends, 1, 0, end), 1);
    const seen = graph.node("Less", [queries, keyEnds], { type: "bool", shape: [rows, size, end] });
    const mask = graph.node(
      "Where",
      [seen, graph.constant(causal, [size, end]), graph.scalar(-Infinity)],
      float(rows, size, end),
    );
    blocks.push({ start, end, mask: reshapeOnly(graph, mask, [rows, 1, size, 1, end]) });
  }
  return blocks;
}

/**
 * Causal grouped-query attention, softmax(q k^T / sqrt(headSize) + mask) v. `q` is [rows, length, heads * headSize],
 * `k` and `v` are [rows, length, keyValueHeads * headSize]; query head h reads key head floor(h / group).
 * Queries of one group lie side by side, so keys and values are never repeated.
 */
export function causalAttention(
  graph: Graph,
  [q, k, v]: readonly [Value, Value, Value],
  shape: AttentionShape,
  blocks: readonly QueryBlock[],
): Value {
  const { length, keyValueHeads, headSize } = shape;
  const rows = q.shape[0] ?? 1;
  const group = shape.heads / keyValueHeads;
  const factor = headSize ** -0.5;
  const split = (x: Value, width: number) =>
    transposeOnly(graph, reshapeOnly(graph, x, [rows, length, keyValueHeads, width]), [0, 2, 1, 3]);
  const merge = (x: Value, width: number) =>
    reshapeOnly(graph, transposeOnly(graph, x, [0, 2, 1, 3]), [rows, length, keyValueHeads * width]);
  /** [rows, keyValueHeads, length, group * width] -> the block's [rows, keyValueHeads, size * group, width]. */
  const ofBlock = (x: Value, { start, end }: QueryBlock, width: number) =>
    reshapeOnly(graph, sliceOnly(graph, x, 2, start, end), [
      rows,
      keyValueHeads,
      (end - start) * group,
      width,
    ]);
  const joinBlocks = (parts: readonly Value[], width: number) =>
    reshapeOnly(graph, concatenateOnly(graph, parts, 2), [rows, keyValueHeads, length, group * width]);

  const queries = split(q, group * headSize);
  const keys = split(k, headSize);
  const values = split(v, headSize);
  const forward = blocks.map((block) => {
    const size = block.end - block.start;
    const blockQueries = ofBlock(queries, block, headSize);
    const blockKeys = sliceOnly(graph, keys, 2, 0, block.end);
    const blockValues = sliceOnly(graph, values, 2, 0, block.end);
    const scores = reshapeOnly(
      graph,
      matrixProduct(graph, blockQueries, blockKeys, { transposeB: true, factor }),
      [rows, keyValueHeads, size, group, block.end],
    );
    const masked = graph.node("Add", [scores, block.mask], scores);
    const weights = reshapeOnly(graph, graph.node("Softmax", [masked], scores, { axis: -1 }), [
      rows,
      keyValueHeads,
      size * group,
      block.end,
    ]);
    return {
      block,
      blockQueries,
      blockKeys,
      blockValues,
      weights,
      part: matrixProduct(graph, weights, blockValues),
    };
  });
  const attended = joinBlocks(
    forward.map(({ part }) => part),
    headSize,
  );
  const y = merge(attended, group * headSize);

  graph.differentiable({
    inputs: [q, k, v],
    outputs: [y],
    // dP = dO V^T; dS = P (dP - rowsum(dO O)), for rowsum(dP P) = rowsum(dO O) (Dao et al. 2022);
    // dQ = dS K, dK = dS^T Q, dV = P^T dO, with the factor in dQ and dK.
    backward: ([gradient]) => {
      if (gradient === undefined) return [];
      const outputGradient = split(gradient, group * headSize);
      const rowSums = graph.node(
        "ReduceSum",
        [
          reshapeOnly(graph, graph.node("Mul", [outputGradient, attended], attended), [
            rows,
            keyValueHeads,
            length * group,
            headSize,
          ]),
          graph.integers([-1]),
        ],
        float(rows, keyValueHeads, length * group, 1),
        { keepdims: 1 },
      );
      const sums = reshapeOnly(graph, rowSums, [rows, keyValueHeads, length, group]);
      const parts = forward.map(({ block, blockQueries, blockKeys, blockValues, weights }) => {
        const blockGradient = ofBlock(outputGradient, block, headSize);
        const weightGradient = matrixProduct(graph, blockGradient, blockValues, { transposeB: true });
        const centred = graph.node("Sub", [weightGradient, ofBlock(sums, block, 1)], weights);
        const scoreGradient = graph.node("Mul", [weights, centred], weights);
        return {
          queryGradient: matrixProduct(graph, scoreGradient, blockKeys, { factor }),
          keyGradient: matrixProduct(graph, scoreGradient, blockQueries, { transposeA: true, factor }),
          valueGradient: matrixProduct(graph, weights, blockGradient, { transposeA: true }),
        };
      });
      const total = (gradients: readonly Value[]) => merge(sumOfPrefixes(graph, gradients, keys), headSize);
      return [
        merge(
          joinBlocks(
            parts.map(({ queryGradient }) => queryGradient),
            headSize,
          ),
          group * headSize,
        ),
        total(parts.map(({ keyGradient }) => keyGradient)),
        total(parts.map(({ valueGradient }) => valueGradient)),
      ];
    },
  });
  return y;
}

/** Sum of tensors that each cover only the first positions (axis 2) of `whole`. */
function sumOfPrefixes(graph: Graph, parts: readonly Value[], whole: Value): Value {
  const length = Number(whole.shape[2]);
  const padded = parts.map((part) => {
    const missing = length - Number(part.shape[2]);
    if (missing === 0) return part;
    return graph.node("Pad", [part, graph.integers([0, 0, 0, 0, 0, 0, missing, 0])], whole);
  });
  const [only] = padded;
  return padded.length === 1 && only !== undefined ? only : graph.node("Sum", padded, whole);
}
