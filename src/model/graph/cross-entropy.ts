import type { Graph, Value } from "./graph.ts";
import { dimensions, float, unsqueeze } from "./operators.ts";

/** What is to be predicted from each of n hidden states. */
export interface Targets {
  /** Token ids, int64 [n]. */
  readonly ids: Value;
  /** Weights of the places in the loss, [n]. */
  readonly weights: Value;
  /** The head's rows of the targets, head[ids] [n, d], as a value of their own. */
  readonly rows: Value;
}

/**
 * The scalar sum(weights * -log softmax(h head^T)[targets]) for h [n, d] and a head [vocabulary, d].
 *
 * With P = softmax, the gradient of the logits is w (P - onehot), which is never formed: dh = w (P head - head[t]),
 * and the head's gradient comes in two parts, P^T (w h) for the head and -w h for the targets' rows (the caller adds
 * row i of the latter to row t_i of the former; onnxruntime's own scatter with addition varies from run to run).
 * A probability below 1e-38 counts as 1e-38 in the loss, not in the gradient.
 */
export function weightedCrossEntropy(graph: Graph, h: Value, head: Value, targets: Targets): Value {
  const [n] = dimensions(h, 2);
  const [vocabulary] = dimensions(head, 2);
  const logits = graph.node("Gemm", [h, head], float(n, vocabulary), { transB: 1 });
  const probabilities = graph.node("Softmax", [logits], logits, { axis: -1 });
  const column = float(n, 1);
  const ids = unsqueeze(graph, targets.ids, 1);
  const chosen = graph.node("GatherElements", [probabilities, ids], column, { axis: 1 });
  const logarithms = graph.node("Log", [graph.node("Max", [chosen, graph.scalar(1e-38)], column)], column);
  const weights = unsqueeze(graph, targets.weights, 1);
  const sum = graph.node("ReduceSum", [graph.node("Mul", [logarithms, weights], column)], float(), {
    keepdims: 0,
  });
  const loss = graph.node("Neg", [sum], float());
  graph.differentiable({
    inputs: [h, head, targets.rows],
    outputs: [loss],
    backward: ([gradient]) => {
      const scaledWeights = graph.node("Mul", [weights, gradient], column);
      const expected = graph.node("Gemm", [probabilities, head], h);
      const difference = graph.node("Sub", [expected, targets.rows], h);
      const weighted = graph.node("Mul", [h, scaledWeights], h);
      return [
        graph.node("Mul", [difference, scaledWeights], h),
        graph.node("Gemm", [probabilities, weighted], head, { transA: 1 }),
        graph.node("Neg", [weighted], h),
      ];
    },
  });
  return loss;
}
