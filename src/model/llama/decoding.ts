import type { Graph } from "../graph/graph.ts";
import { explainingMemory } from "../graph/out-of-memory.ts";
import { type GraphSession, openGraph } from "../graph/session.ts";
import {
  betweenGraph,
  cachedAttentionGraph,
  closingGraph,
  largestSingleSum,
  openingGraph,
} from "./decoding-graphs.ts";
import {
  type AttentionRun,
  isShort,
  type Piece,
  planAttention,
  planPasses,
  shortPiece,
} from "./decoding-plan.ts";
import { KeyValueCache, layerOf } from "./key-value-cache.ts";
import { checkParameters } from "./parameters.ts";
import { slotChecks } from "./slot-checks.ts";
import { defaultThreads } from "./threads.ts";
import type { DecodingSession, DecodingSessionOptions, LlamaConfiguration, Parameters } from "./types.ts";

/**
 * Tokens of all sequences computed at once; bounds the memory of everything else. Never more than the model's
 * positions: the engine's rotary embedding takes no more.
 */
const largestPass = 2048;
const memoryHint = "Use fewer sequences at once (maximumSequences), or a smaller model.";

/** Opens a decoding session; the parameters are copied into it. */
export async function createDecodingSession(
  configuration: LlamaConfiguration,
  parameters: Parameters,
  options: DecodingSessionOptions,
): Promise<DecodingSession> {
  return await explainingMemory("opening the model for decoding", memoryHint, () =>
    open(configuration, parameters, options),
  );
}

async function open(
  configuration: LlamaConfiguration,
  parameters: Parameters,
  options: DecodingSessionOptions,
): Promise<DecodingSession> {
  checkParameters(configuration, parameters);
  const { heads, keyValueHeads, headSize, hiddenSize, layers, vocabularySize, maximumPositions } =
    configuration;
  const { maximumSequences } = options;
  const threads = options.threads ?? defaultThreads();
  const stateOutputs = ["x", "q", "k", "v"] as const;
  // If one of them cannot be opened, those before it are closed.
  await using opened = new AsyncDisposableStack();
  const openNext = async <Output extends string>(graph: Graph, outputs: readonly Output[]) =>
    opened.use(await openGraph(graph, outputs, { threads }));
  const opening = await openNext(openingGraph(configuration, parameters), stateOutputs);
  const between: GraphSession<(typeof stateOutputs)[number]>[] = [];
  for (let layer = 0; layer < layers - 1; layer++) {
    between.push(await openNext(betweenGraph(configuration, parameters, layer), stateOutputs));
  }
  const closing = await openNext(closingGraph(configuration, parameters), ["logits"]);
  const attention = await openNext(cachedAttentionGraph(configuration, "many"), ["attended"]);
  const attentionOfFew =
    headSize <= largestSingleSum
      ? await openNext(cachedAttentionGraph(configuration, "few"), ["attended"])
      : attention;
  const cache = new KeyValueCache(configuration, maximumSequences);
  const passTokens = Math.min(largestPass, maximumPositions);
  const queryWidth = heads * headSize;
  const cacheWidth = keyValueHeads * headSize;

  const check = slotChecks(configuration, maximumSequences, (slot) => cache.length(slot));

  /** Attention of one layer for all tokens of a pass. */
  const attend = async (
    runs: readonly AttentionRun[],
    layer: number,
    q: Float32Array,
  ): Promise<Float32Array> => {
    const attended = new Float32Array(q.length);
    for (const { firstRow, rows, width, place, stretches, mask } of runs) {
      const { capacity } = place.bucket;
      const { keys, values } = layerOf(place.bucket, layer);
      const rowSize = capacity * cacheWidth;
      const rowsOf = (array: Float32Array) => array.subarray(firstRow * rowSize, (firstRow + rows) * rowSize);
      const runQueries = new Float32Array(rows * width * queryWidth);
      for (const { query, token, count } of stretches) {
        runQueries.set(q.subarray(token * queryWidth, (token + count) * queryWidth), query * queryWidth);
      }
      const results = await (width <= shortPiece ? attentionOfFew : attention).run({
        q: { data: runQueries, shape: [rows, width, queryWidth] },
        keys: { data: rowsOf(keys), shape: [rows, keyValueHeads, capacity, headSize] },
        values: { data: rowsOf(values), shape: [rows, keyValueHeads, capacity, headSize] },
        mask: { data: mask, shape: [rows, width, capacity] },
      });
      const runAttended = results.get("attended");
      for (const { query, token, count } of stretches) {
        attended.set(
          runAttended.subarray(query * queryWidth, (query + count) * queryWidth),
          token * queryWidth,
        );
      }
    }
    return attended;
  };

  /** Computes some tokens, fills the cache, and writes the logits of rows that end here. */
  const pass = async (unordered: readonly Piece[], logits: Float32Array): Promise<void> => {
    const placed = unordered
      .map((piece) => ({ piece, place: cache.reserve(piece.slot, piece.finalLength) }))
      .sort(
        (a, b) =>
          Number(!isShort(a.piece)) - Number(!isShort(b.piece)) ||
          a.place.bucket.capacity - b.place.bucket.capacity ||
          a.place.row - b.place.row,
      );
    const runs = planAttention(placed);
    const count = placed.reduce((sum, { piece }) => sum + piece.tokens.length, 0);
    const padded = Math.max(count, 2);
    const inputIds = new Int32Array(padded);
    const positions = new Int32Array(padded);
    const firstTokens: number[] = [];
    let filled = 0;
    for (const { piece } of placed) {
      firstTokens.push(filled);
      for (const [index, token] of piece.tokens.entries()) {
        inputIds[filled] = token;
        positions[filled++] = piece.start + index;
      }
    }
    const positionFeed = { data: positions, shape: [1, padded] };
    let state = await opening.run({ inputIds: { data: inputIds, shape: [padded] }, positions: positionFeed });
    for (let layer = 0; layer < layers; layer++) {
      const [k, v] = [state.get("k"), state.get("v")];
      placed.forEach(({ piece, place }, index) => {
        const start = (firstTokens[index] ?? 0) * cacheWidth;
        const end = start + piece.tokens.length * cacheWidth;
        cache.write(place, layer, { keys: k.subarray(start, end), values: v.subarray(start, end) });
      });
      const x = state.get("x");
      const attended = await attend(runs, layer, state.get("q"));
      const next = between[layer];
      if (next !== undefined) {
        state = await next.run({
          residual: { data: x, shape: [padded, hiddenSize] },
          attended: { data: attended, shape: [padded, queryWidth] },
          positions: positionFeed,
        });
        continue;
      }
      const ends = placed.flatMap(({ piece }, index) =>
        piece.wanted.map(({ token, row }) => ({ row, token: (firstTokens[index] ?? 0) + token })),
      );
      if (ends.length === 0) break;
      const closingRows = Math.max(ends.length, 2);
      const gathered = (array: Float32Array, width: number) => {
        const data = new Float32Array(closingRows * width);
        ends.forEach(({ token }, index) => {
          data.set(array.subarray(token * width, (token + 1) * width), index * width);
        });
        return { data, shape: [closingRows, width] };
      };
      const results = await closing.run({
        residual: gathered(x, hiddenSize),
        attended: gathered(attended, queryWidth),
      });
      const computed = results.get("logits");
      ends.forEach(({ row }, index) => {
        logits.set(
          computed.subarray(index * vocabularySize, (index + 1) * vocabularySize),
          row * vocabularySize,
        );
      });
    }
    for (const { piece, place } of placed) place.length = piece.start + piece.tokens.length;
  };

  const sessions = opened.move();
  return {
    configuration,
    maximumSequences,
    async append(rows) {
      check.rows(rows);
      return await explainingMemory(`decoding ${rows.length} sequences`, memoryHint, async () => {
        const wanted = rows.reduce((sum, row) => sum + (row.logits ?? 1), 0);
        const logits = new Float32Array(wanted * vocabularySize);
        const passes = planPasses(rows, passTokens, (slot) => cache.length(slot));
        for (const pieces of passes) await pass(pieces, logits);
        return logits;
      });
    },
    length(slot) {
      check.slot(slot);
      return cache.length(slot);
    },
    reset(slot) {
      check.slot(slot);
      cache.truncate(slot, 0);
    },
    truncate(slot, length) {
      check.length(slot, length);
      cache.truncate(slot, length);
    },
    copyPrefix(fromSlot, toSlot, length) {
      check.slot(toSlot);
      check.length(fromSlot, length);
      cache.copyPrefix(fromSlot, toSlot, length);
    },
    [Symbol.asyncDispose]: () => sessions.disposeAsync(),
  };
}
