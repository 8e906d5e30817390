import { type AttentionShape, causalAttention, causalBlocks } from "../graph/attention.ts";
import { weightedCrossEntropy } from "../graph/cross-entropy.ts";
import { Graph, type Value } from "../graph/graph.ts";
import {
  add,
  float,
  gatherRows,
  linear,
  reshape,
  reshapeOnly,
  rmsNorm,
  rotary,
  rotaryTables,
  selectRows,
  swiglu,
} from "../graph/operators.ts";
import { AdapterInputs } from "./adapter-graph.ts";
import type { LoraOptions } from "./lora.ts";
import { parameterShapes } from "./parameters.ts";
import { rotaryFrequencies } from "./rotary-frequencies.ts";
import type { LlamaConfiguration } from "./types.ts";

/** Queries in a block of training attention: small enough for the caches, large enough for the matrix products. */
const queryBlockSize = 128;

/**
 * The loss of a batch of any number of rows of `length` tokens and, if wanted, its gradient.
 *
 * Inputs: every parameter by name; `inputIds`, `positions` and `seenUntil`, int32 [rows, length]; and for the places
 * whose next token is to be predicted `places` (row * length + t, each once), `targets` (token ids), int32 [targets],
 * and `weights` [targets]. Outputs: `loss`, the weighted sum; `gradient`, one vector of all parameters' gradients in
 * the order of `parameterShapes`, but without what comes through the embeddings of the input tokens and the head's
 * rows of the targets; and those, `inputRowGradients` [rows * length, hidden] and `targetRowGradients`
 * [targets, hidden], which the caller adds up by token (see `weightedCrossEntropy` for why). With `lora`, the parameters
 * are frozen: the adapter's are further inputs, `gradient` is theirs alone in the order of `adapterShapes`, and there are
 * no other gradients; with dropout, each module takes `MODULE.kept`, bool of the shape of its input. From the last layer's
 * attention on, only the places are computed.
 */
export function lossGraph(
  configuration: LlamaConfiguration,
  length: number,
  withGradient: boolean,
  lora?: LoraOptions,
): Graph {
  const { hiddenSize, heads, keyValueHeads, headSize, rmsNormEpsilon } = configuration;
  const graph = new Graph();
  const parameters = new Map<string, Value>();
  for (const [name, shape] of parameterShapes(configuration)) {
    parameters.set(name, graph.input(name, "float32", shape));
  }
  const parameter = (name: string): Value => {
    const value = parameters.get(name);
    if (value === undefined) throw new Error(`no parameter ${name}`);
    return value;
  };
  const asInt64 = (value: Value) =>
    graph.node("Cast", [value], { type: "int64", shape: value.shape }, { to: 7 });

  const adapter =
    lora === undefined ? undefined : new AdapterInputs(graph, configuration, lora, withGradient);

  const inputIds = asInt64(graph.input("inputIds", "int32", ["rows", length]));
  const positions = asInt64(graph.input("positions", "int32", ["rows", length]));
  const seenUntil = graph.input("seenUntil", "int32", ["rows", length]);
  const places = asInt64(graph.input("places", "int32", ["targets"]));
  const targetIds = asInt64(graph.input("targets", "int32", ["targets"]));
  const weights = graph.input("weights", "float32", ["targets"]);

  const tables = rotaryTables(graph, configuration.maximumPositions, rotaryFrequencies(configuration));
  const blocks = causalBlocks(graph, seenUntil, length, queryBlockSize);
  const attentionShape: AttentionShape = { length, heads, keyValueHeads, headSize };

  const embeddings = parameter("model.embed_tokens.weight");
  const inputRows = gatherRows(graph, embeddings, reshapeOnly(graph, inputIds, ["tokens"]));
  let x = inputRows;
  for (let layer = 0; layer < configuration.layers; layer++) {
    const weight = (name: string) => parameter(`model.layers.${layer}.${name}.weight`);
    const projected = (input: Value, name: string) => {
      const product = linear(graph, input, weight(name));
      return adapter?.added(product, input, `model.layers.${layer}.${name}`) ?? product;
    };
    const normed = rmsNorm(graph, x, weight("input_layernorm"), rmsNormEpsilon);
    const project = (name: string, width: number) =>
      reshape(graph, projected(normed, `self_attn.${name}`), ["rows", length, width * headSize]);
    const q = rotary(graph, project("q_proj", heads), positions, tables);
    const k = rotary(graph, project("k_proj", keyValueHeads), positions, tables);
    const v = project("v_proj", keyValueHeads);
    let attended = reshape(graph, causalAttention(graph, [q, k, v], attentionShape, blocks), [
      "tokens",
      heads * headSize,
    ]);
    if (layer === configuration.layers - 1) {
      attended = selectRows(graph, attended, places);
      x = selectRows(graph, x, places);
    }
    x = add(graph, x, projected(attended, "self_attn.o_proj"));
    const between = rmsNorm(graph, x, weight("post_attention_layernorm"), rmsNormEpsilon);
    const gated = swiglu(graph, projected(between, "mlp.gate_proj"), projected(between, "mlp.up_proj"));
    x = add(graph, x, projected(gated, "mlp.down_proj"));
  }
  const final = rmsNorm(graph, x, parameter("model.norm.weight"), rmsNormEpsilon);
  const head = configuration.tiedEmbeddings ? embeddings : parameter("lm_head.weight");
  if (head.shape[1] !== hiddenSize) throw new Error("the head does not fit the hidden states");
  const targetRows = gatherRows(graph, head, targetIds);
  const loss = weightedCrossEntropy(graph, final, head, { ids: targetIds, weights, rows: targetRows });
  graph.output("loss", loss);

  if (withGradient && adapter !== undefined) {
    const gradients = graph.gradients(new Map([[loss, graph.scalar(1)]]), adapter.values);
    outputFlat(graph, gradients);
  } else if (withGradient) {
    // An embedding matrix apart from the head has no gradient but that of its rows.
    const rowsOnly = configuration.tiedEmbeddings ? undefined : embeddings;
    const dense = [...parameters.values()].filter((value) => value !== rowsOnly);
    const leaves = [inputRows, targetRows, ...dense];
    const gradients = graph.gradients(new Map([[loss, graph.scalar(1)]]), leaves);
    const gradientOf = new Map(leaves.map((leaf, index) => [leaf, gradients[index]]));
    graph.output("inputRowGradients", gradientOf.get(inputRows) ?? inputRows);
    graph.output("targetRowGradients", gradientOf.get(targetRows) ?? targetRows);
    outputFlat(
      graph,
      [...parameters.values()].map((value) => gradientOf.get(value) ?? zerosLike(graph, value)),
    );
  }
  return graph;
}

/** Outputs gradients as one vector, `gradient`. */
function outputFlat(graph: Graph, gradients: readonly Value[]): void {
  const flat = gradients.map((each) => graph.node("Reshape", [each, graph.integers([-1])], float("size")));
  graph.output("gradient", graph.node("Concat", flat, float("size"), { axis: 0 }));
}

function zerosLike(graph: Graph, value: Value): Value {
  return graph.node("Expand", [graph.scalar(0), graph.integers(value.shape.map(Number))], value);
}
