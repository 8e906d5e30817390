import { Graph, type Value } from "../graph/graph.ts";
import {
  add,
  float,
  gatherRows,
  linear,
  matrixProduct,
  reshapeOnly,
  rmsNorm,
  rotary,
  rotaryTables,
  scale,
  swiglu,
  transposeOnly,
} from "../graph/operators.ts";
import { rotaryFrequencies } from "./rotary-frequencies.ts";
import type { LlamaConfiguration, Parameters } from "./types.ts";

/**
 * Decoding runs in turns between two kinds of graphs, so that the caches stay outside, in arrays that are read in
 * place: graphs of one token each, with the weights baked in (from `openingGraph` over `betweenGraph` to
 * `closingGraph`), and `cachedAttentionGraph`, which reads keys and values of earlier tokens and has no weights.
 */
class TokenwiseGraph {
  readonly graph = new Graph();
  readonly #configuration: LlamaConfiguration;
  readonly #parameters: Parameters;

  constructor(configuration: LlamaConfiguration, parameters: Parameters) {
    this.#configuration = configuration;
    this.#parameters = parameters;
  }

  weight(name: string): Value {
    const tensor = this.#parameters.get(name);
    if (tensor === undefined) throw new Error(`no parameter ${name}`);
    return this.graph.constant(tensor.data, tensor.shape);
  }

  norm(x: Value, name: string): Value {
    return rmsNorm(this.graph, x, this.weight(name), this.#configuration.rmsNormEpsilon);
  }

  project(x: Value, name: string): Value {
    return linear(this.graph, x, this.weight(name));
  }

  /** Outputs `q`, `k` and `v` of a layer for hidden states [tokens, hidden], rotated to their positions. */
  outputQueriesKeysValues(x: Value, layer: number): void {
    const { graph } = this;
    const positions = graph.node(
      "Cast",
      [graph.input("positions", "int32", [1, "tokens"])],
      { type: "int64", shape: [1, "tokens"] },
      { to: 7 },
    );
    const { maximumPositions } = this.#configuration;
    const tables = rotaryTables(graph, maximumPositions, rotaryFrequencies(this.#configuration));
    const normed = this.norm(x, `model.layers.${layer}.input_layernorm.weight`);
    const projected = (name: string) =>
      this.project(normed, `model.layers.${layer}.self_attn.${name}.weight`);
    const rotated = (flat: Value) => {
      const width = flat.shape[1] ?? 0;
      const turned = rotary(graph, reshapeOnly(graph, flat, [1, "tokens", width]), positions, tables);
      return reshapeOnly(graph, turned, ["tokens", width]);
    };
    graph.output("q", rotated(projected("q_proj")));
    graph.output("k", rotated(projected("k_proj")));
    graph.output("v", projected("v_proj"));
  }

  /** The rest of a layer after its attention: output projection and feed-forward, from inputs `residual` and `attended`. */
  afterAttention(layer: number): Value {
    const { graph } = this;
    const { hiddenSize, heads, headSize } = this.#configuration;
    const prefix = `model.layers.${layer}`;
    const x = graph.input("residual", "float32", ["tokens", hiddenSize]);
    const attended = graph.input("attended", "float32", ["tokens", heads * headSize]);
    const middle = add(graph, x, this.project(attended, `${prefix}.self_attn.o_proj.weight`));
    const normed = this.norm(middle, `${prefix}.post_attention_layernorm.weight`);
    const gated = swiglu(
      graph,
      this.project(normed, `${prefix}.mlp.gate_proj.weight`),
      this.project(normed, `${prefix}.mlp.up_proj.weight`),
    );
    return add(graph, middle, this.project(gated, `${prefix}.mlp.down_proj.weight`));
  }
}

/** From `inputIds` [tokens] and `positions` [1, tokens], int32, to `x` and the first layer's `q`, `k`, `v`. */
export function openingGraph(configuration: LlamaConfiguration, parameters: Parameters): Graph {
  const tokenwise = new TokenwiseGraph(configuration, parameters);
  const { graph } = tokenwise;
  const inputIds = graph.input("inputIds", "int32", ["tokens"]);
  const x = gatherRows(graph, tokenwise.weight("model.embed_tokens.weight"), inputIds);
  graph.output("x", x);
  tokenwise.outputQueriesKeysValues(x, 0);
  return graph;
}

/** Products of up to so many numbers are one sum each in the engine, whichever factor comes first. */
export const largestSingleSum = 128;

/** From the `residual`, what layer `layer` has `attended`, and `positions` to the new `x` and the next layer's `q`, `k`, `v`. */
export function betweenGraph(
  configuration: LlamaConfiguration,
  parameters: Parameters,
  layer: number,
): Graph {
  const tokenwise = new TokenwiseGraph(configuration, parameters);
  const x = tokenwise.afterAttention(layer);
  tokenwise.graph.output("x", x);
  tokenwise.outputQueriesKeysValues(x, layer + 1);
  return tokenwise.graph;
}

/** From the `residual` and what the last layer has `attended` to `logits` [tokens, vocabulary]. */
export function closingGraph(configuration: LlamaConfiguration, parameters: Parameters): Graph {
  const tokenwise = new TokenwiseGraph(configuration, parameters);
  const final = tokenwise.norm(tokenwise.afterAttention(configuration.layers - 1), "model.norm.weight");
  const head = configuration.tiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  tokenwise.graph.output("logits", tokenwise.project(final, head));
  return tokenwise.graph;
}

/**
 * `attended` [sequences, new, heads * headSize] for `q` of the same shape over `keys` and `values` [sequences,
 * keyValueHeads, capacity, headSize], with a `mask` [sequences, new, capacity] that is added to the scores: 0 where a
 * query may look, minus infinity elsewhere.
 *
 * The engine rearranges the second factor of a product before it multiplies. For `few` queries that would take longer
 * than the product if it were the keys, so they come first and the scores are transposed. As long as a head is no
 * larger than `largestSingleSum`, both orders give the same bits.
 */
export function cachedAttentionGraph(configuration: LlamaConfiguration, queryCount: "few" | "many"): Graph {
  const { heads, keyValueHeads, headSize } = configuration;
  const group = heads / keyValueHeads;
  const graph = new Graph();
  const q = graph.input("q", "float32", ["sequences", "new", heads * headSize]);
  const keys = graph.input("keys", "float32", ["sequences", keyValueHeads, "capacity", headSize]);
  const values = graph.input("values", "float32", ["sequences", keyValueHeads, "capacity", headSize]);
  const mask = graph.input("mask", "float32", ["sequences", "new", "capacity"]);
  // 0 in a Reshape keeps the size in that place, so two unknown sizes can stay.
  const keeping = (x: Value, sizes: readonly number[], shape: Value["shape"]) =>
    graph.node("Reshape", [x, graph.integers(sizes)], float(...shape));

  const split = transposeOnly(
    graph,
    keeping(
      q,
      [0, 0, keyValueHeads, group * headSize],
      ["sequences", "new", keyValueHeads, group * headSize],
    ),
    [0, 2, 1, 3],
  );
  const queries = keeping(split, [0, 0, -1, headSize], ["sequences", keyValueHeads, "queries", headSize]);
  const product = { transposeB: true, factor: headSize ** -0.5 };
  const scores =
    queryCount === "few"
      ? transposeOnly(graph, matrixProduct(graph, keys, queries, product), [0, 1, 3, 2])
      : matrixProduct(graph, queries, keys, product);
  const perHead = ["sequences", "new", keyValueHeads, "group", "capacity"];
  // [sequences, keyValueHeads, new * group, capacity] -> the mask is repeated over the queries of a group.
  const expanded = graph.node(
    "Unsqueeze",
    [mask, graph.integers([1, 3])],
    float("sequences", 1, "new", 1, "capacity"),
  );
  const scoresShape = graph.node("Shape", [scores], { type: "int64", shape: [4] });
  const grouped = graph.node(
    "Reshape",
    [
      scores,
      graph.node(
        "Concat",
        [
          graph.integers([0, 0, -1, group]),
          graph.node("Slice", [scoresShape, graph.integers([3]), graph.integers([4])], {
            type: "int64",
            shape: [1],
          }),
        ],
        { type: "int64", shape: [5] },
        { axis: 0 },
      ),
    ],
    float(...perHead),
  );
  const masked = graph.node("Add", [grouped, expanded], grouped);
  const weights = graph.node("Softmax", [masked], grouped, { axis: -1 });
  const flatWeights = graph.node("Reshape", [weights, scoresShape], scores);
  // Half of it, doubled in the end: with a factor, a single query takes the same path in the engine as many, and so gets
  // the same bits.
  const attended = matrixProduct(graph, flatWeights, values, { factor: 0.5 });
  const regrouped = keeping(
    attended,
    [0, 0, -1, group * headSize],
    ["sequences", keyValueHeads, "new", group * headSize],
  );
  const merged = scale(graph, transposeOnly(graph, regrouped, [0, 2, 1, 3]), 2);
  graph.output("attended", keeping(merged, [0, 0, -1], ["sequences", "new", heads * headSize]));
  return graph;
}
