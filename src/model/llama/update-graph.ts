import { Graph, type Value } from "../graph/graph.ts";
import { float } from "../graph/operators.ts";
import type { LearningOptions } from "./types.ts";

/**
 * One AdamW update of a vector of parameters (Loshchilov and Hutter 2019, as `torch.optim.AdamW` computes it) after
 * clipping the gradient to a norm (as `torch.nn.utils.clip_grad_norm_`: factor min(1, clipNorm / (norm + 1e-6))).
 *
 * Inputs: `parameters`, `firstMoments`, `secondMoments`, `gradient`, `decays` (1 where weight decay applies, else 0),
 * all [size]; and, as [1], `learningRate`, `firstCorrection` and `secondCorrection`, which are 1 - beta^step.
 * Outputs: `newParameters`, `newFirstMoments`, `newSecondMoments` [size] and `gradientNorm` [1].
 */
export function updateGraph(size: number, learning: LearningOptions): Graph {
  const graph = new Graph();
  const vector = float(size);
  const [parameters, firstMoments, secondMoments, gradient, decays] = [
    graph.input("parameters", "float32", [size]),
    graph.input("firstMoments", "float32", [size]),
    graph.input("secondMoments", "float32", [size]),
    graph.input("gradient", "float32", [size]),
    graph.input("decays", "float32", [size]),
  ];
  const learningRate = graph.input("learningRate", "float32", [1]);
  const firstCorrection = graph.input("firstCorrection", "float32", [1]);
  const secondCorrection = graph.input("secondCorrection", "float32", [1]);
  const operate = (operator: string, a: Value, b: Value) =>
    graph.node(operator, [a, b], a.shape.length > 0 && a.shape[0] === size ? vector : b);

  const norm = graph.node("ReduceL2", [gradient], float(1), { keepdims: 1 });
  graph.output("gradientNorm", norm);
  const allowed = Number.isFinite(learning.clipNorm)
    ? operate("Div", graph.scalar(learning.clipNorm), operate("Add", norm, graph.scalar(1e-6)))
    : undefined;
  const clipped =
    allowed === undefined
      ? gradient
      : operate("Mul", gradient, graph.node("Min", [allowed, graph.scalar(1)], float(1)));

  const blend = (old: Value, fresh: Value, beta: number) =>
    operate("Add", operate("Mul", old, graph.scalar(beta)), operate("Mul", fresh, graph.scalar(1 - beta)));
  const newFirst = blend(firstMoments, clipped, learning.beta1);
  const newSecond = blend(secondMoments, operate("Mul", clipped, clipped), learning.beta2);
  graph.output("newFirstMoments", newFirst);
  graph.output("newSecondMoments", newSecond);

  const root = graph.node("Sqrt", [newSecond], vector);
  const rootCorrection = graph.node("Sqrt", [secondCorrection], float(1));
  const denominator = operate("Add", operate("Div", root, rootCorrection), graph.scalar(learning.epsilon));
  const step = operate(
    "Mul",
    operate("Div", newFirst, denominator),
    operate("Div", learningRate, firstCorrection),
  );
  const decay = operate("Mul", decays, operate("Mul", learningRate, graph.scalar(learning.weightDecay)));
  const decayed = operate("Sub", parameters, operate("Mul", parameters, decay));
  graph.output("newParameters", operate("Sub", decayed, step));
  return graph;
}
