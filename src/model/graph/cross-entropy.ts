import type { Graph, Value } from "./graph.ts";
import { dimensions, float, gatherRows, unsqueeze } from "./operators.ts";

/** Rows of the embedding table for a list of token ids [n]; ids may repeat, and their gradients are summed. */
export function embedding(graph: Graph, table: Value, ids: Value): Value {
  const y = gatherRows(graph, table, ids);
  graph.differentiable({
    inputs: [table],
    outputs: [y],
    backward: ([gradient]) => {
      if (gradient === undefined) return [];
      const shape = graph.node("Shape", [table], { type: "int64", shape: [2] });
      const zeros = graph.node("Expand", [graph.scalar(0), shape], table);
      return [addRows(graph, zeros, ids, gradient)];
    },
  });
  return y;
}

/** What is to be predicted from each of n hidden states: int64 targets [n] and weights [n]. */
export interface Targets {
  readonly ids: Value;
  readonly weights: Value;
}

/**
 * The scalar sum(weights * -log softmax(h head^T)[targets]) for h [n, d] and a head [vocabulary, d].
 *
 * With P = softmax, the gradient of the logits is w (P - onehot), which is never formed: dh = w (P head - head[t]) and
 * dhead = P^T (w h) with w h taken off row t. A probability below 1e-38 counts as 1e-38 in the loss, not in the gradient.
 */
export function weightedCrossEntropy(graph: Graph, h: Value, head: Value, targets: Targets): Value {
  const [n] = dimensions(h, 2);
  const [vocabulary] = dimensions(head, 2);
  const logits = graph.node("Gemm", [h, head], float(n, vocabulary), { transB: 1 });
  const probabilities = graph.node("Softmax", [logits], logits, { axis: -1 });
  const column = float(n, 1);
  const chosen = graph.node("GatherElements", [probabilities, unsqueeze(graph, targets.ids, 1)], column, {
    axis: 1,
  });
  const logarithms = graph.node("Log", [graph.node("Max", [chosen, graph.scalar(1e-38)], column)], column);
  const weights = unsqueeze(graph, targets.weights, 1);
  const sum = graph.node("ReduceSum", [graph.node("Mul", [logarithms, weights], column)], float(), {
    keepdims: 0,
  });
  const loss = graph.node("Neg", [sum], float());
  graph.differentiable({
    inputs: [h, head],
    outputs: [loss],
    backward: ([gradient]) => {
      const scaledWeights = graph.node("Mul", [weights, gradient], column);
      const expected = graph.node("Gemm", [probabilities, head], h);
      const difference = graph.node("Sub", [expected, gatherRows(graph, head, targets.ids)], h);
      const weighted = graph.node("Mul", [h, scaledWeights], h);
      const dense = graph.node("Gemm", [probabilities, weighted], head, { transA: 1 });
      return [
        graph.node("Mul", [difference, scaledWeights], h),
        addRows(graph, dense, targets.ids, graph.node("Neg", [weighted], h)),
      ];
    },
  });
  return loss;
}

function addRows(graph: Graph, table: Value, ids: Value, rows: Value): Value {
  return graph.node("ScatterND", [table, unsqueeze(graph, ids, 1), rows], table, { reduction: "add" });
}
