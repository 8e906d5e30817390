import { type Dimension, type Graph, microsoft, type Value } from "./graph.ts";

/** Element-wise a + b of equal shapes. */
export function add(graph: Graph, a: Value, b: Value): Value {
  const sum = graph.node("Add", [a, b], a);
  graph.differentiable({ inputs: [a, b], outputs: [sum], backward: ([gradient]) => [gradient, gradient] });
  return sum;
}

/**
 * x W^T for x [n, in] and W [out, in], the layout of a Hugging Face projection. dx = dy W, dW = dy^T x.
 */
export function linear(graph: Graph, x: Value, weight: Value): Value {
  const [outSize] = dimensions(weight, 2);
  const [n] = dimensions(x, 2);
  const y = graph.node("Gemm", [x, weight], float(n, outSize), { transB: 1 });
  graph.differentiable({
    inputs: [x, weight],
    outputs: [y],
    backward: ([gradient]) => [
      graph.node("Gemm", [gradient, weight], x),
      graph.node("Gemm", [gradient, x], weight, { transA: 1 }),
    ],
  });
  return y;
}

/** x times a number. */
export function scale(graph: Graph, x: Value, factor: number): Value {
  const scaled = graph.node("Mul", [x, graph.scalar(factor)], x);
  graph.differentiable({
    inputs: [x],
    outputs: [scaled],
    backward: ([gradient]) => [graph.node("Mul", [gradient, graph.scalar(factor)], x)],
  });
  return scaled;
}

/** x where `kept` (bool, of the same shape) is true, and 0 elsewhere. */
export function keepWhere(graph: Graph, x: Value, kept: Value): Value {
  const chosen = (value: Value | undefined) => graph.node("Where", [kept, value, graph.scalar(0)], x);
  const y = chosen(x);
  graph.differentiable({
    inputs: [x],
    outputs: [y],
    backward: ([gradient]) => [chosen(gradient)],
  });
  return y;
}

/** Rows of a matrix, table[ids], without a gradient of its own; see `scatterAddRows`. */
export function gatherRows(graph: Graph, table: Value, ids: Value): Value {
  const [n] = dimensions(ids, 1);
  return graph.node("Gather", [table, ids], float(n, ...table.shape.slice(1)));
}

/** Some rows of x [n, d], each at most once, so that the gradient is a plain scatter. */
export function selectRows(graph: Graph, x: Value, ids: Value): Value {
  const selected = gatherRows(graph, x, ids);
  graph.differentiable({
    inputs: [x],
    outputs: [selected],
    backward: ([gradient]) => {
      if (gradient === undefined) return [undefined];
      const zeros = graph.node("Expand", [graph.scalar(0), graph.node("Shape", [x], integers(2))], x);
      return [graph.node("ScatterND", [zeros, unsqueeze(graph, ids, 1), gradient], x)];
    },
  });
  return selected;
}

/** RMSNorm over the last axis: y = x / sqrt(mean(x^2) + epsilon) * weight, for x [n, d]. */
export function rmsNorm(graph: Graph, x: Value, weight: Value, epsilon: number): Value {
  const [n, size] = dimensions(x, 2);
  const column = float(n, 1);
  const { first: y, other: inverse } = graph.nodeWithTwoOutputs(
    "SimplifiedLayerNormalization",
    [x, weight],
    { first: x, other: column, index: 1 },
    { axis: -1, epsilon: { float: epsilon } },
  );
  graph.differentiable({
    inputs: [x, weight],
    outputs: [y],
    // With h = x / rms: dweight = sum(dy h), dx = (dy weight - h mean(dy weight h)) / rms.
    backward: ([gradient]) => {
      const normed = graph.node("Mul", [x, inverse], x);
      const product = graph.node("Mul", [gradient, normed], x);
      const weightGradient = graph.node("ReduceSum", [product, graph.integers([0])], weight, { keepdims: 0 });
      const meanWeights = graph.node("Div", [weight, graph.scalar(Number(size))], weight);
      const mean = graph.node("MatMul", [product, unsqueeze(graph, meanWeights, 1)], column);
      const scaled = graph.node("Mul", [gradient, weight], x);
      const along = graph.node("Mul", [normed, mean], x);
      const difference = graph.node("Sub", [scaled, along], x);
      return [graph.node("Mul", [difference, inverse], x), weightGradient];
    },
  });
  return y;
}

/** silu(gate) * up, the gated part of a Llama's feed-forward layer. */
export function swiglu(graph: Graph, gate: Value, up: Value): Value {
  const sigmoid = graph.node("Sigmoid", [gate], gate);
  const silu = graph.node("Mul", [gate, sigmoid], gate);
  const y = graph.node("Mul", [silu, up], gate);
  graph.differentiable({
    inputs: [gate, up],
    outputs: [y],
    // silu'(g) = s + silu(g) (1 - s) with s = sigmoid(g), written as silu(g) + s (1 - silu(g)).
    backward: ([gradient]) => {
      const rest = graph.node("Sub", [graph.scalar(1), silu], gate);
      const slope = graph.node("Add", [silu, graph.node("Mul", [sigmoid, rest], gate)], gate);
      const siluGradient = graph.node("Mul", [gradient, up], gate);
      return [graph.node("Mul", [siluGradient, slope], gate), graph.node("Mul", [gradient, silu], gate)];
    },
  });
  return y;
}

/** Cosines and sines of the rotary angles, each [maximumPositions, headSize / 2]. */
export interface RotaryTables {
  readonly cosines: Value;
  readonly sines: Value;
  readonly negativeSines: Value;
}

/** The tables for angles position * frequencies[i], i < headSize / 2. */
export function rotaryTables(
  graph: Graph,
  maximumPositions: number,
  frequencies: Float64Array,
): RotaryTables {
  const half = frequencies.length;
  const cosines = new Float32Array(maximumPositions * half);
  const sines = new Float32Array(maximumPositions * half);
  for (let position = 0; position < maximumPositions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] ?? 0);
      cosines[position * half + i] = Math.cos(angle);
      sines[position * half + i] = Math.sin(angle);
    }
  }
  const shape = [maximumPositions, half];
  return {
    cosines: graph.constant(cosines, shape),
    sines: graph.constant(sines, shape),
    negativeSines: graph.constant(
      sines.map((sine) => -sine),
      shape,
    ),
  };
}

/**
 * Rotates each head of x [rows, length, heads * headSize] by its position [rows, length], halves paired as in
 * Hugging Face's `rotate_half`. A rotation's gradient is the rotation back.
 */
export function rotary(graph: Graph, x: Value, positions: Value, tables: RotaryTables): Value {
  const rotate = (input: Value, sines: Value) =>
    graph.node("RotaryEmbedding", [input, positions, tables.cosines, sines], x, {}, microsoft);
  const y = rotate(x, tables.sines);
  graph.differentiable({
    inputs: [x],
    outputs: [y],
    backward: ([gradient]) => [gradient && rotate(gradient, tables.negativeSines)],
  });
  return y;
}

/** The same numbers in another shape; at most one dimension may be symbolic. */
export function reshape(graph: Graph, x: Value, shape: readonly Dimension[]): Value {
  const reshaped = reshapeOnly(graph, x, shape);
  graph.differentiable({
    inputs: [x],
    outputs: [reshaped],
    backward: ([gradient]) => [gradient && reshapeOnly(graph, gradient, x.shape)],
  });
  return reshaped;
}

/** `reshape` for use within a backward pass or an operation with its own gradient. */
export function reshapeOnly(graph: Graph, x: Value, shape: readonly Dimension[]): Value {
  const sizes = shape.map((size) => (typeof size === "number" ? size : -1));
  if (sizes.filter((size) => size === -1).length > 1) throw new RangeError(`two unknown sizes in [${shape}]`);
  return graph.node("Reshape", [x, graph.integers(sizes)], { type: x.type, shape });
}

export function transposeOnly(graph: Graph, x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  return graph.node("Transpose", [x], { type: x.type, shape }, { perm: permutation });
}

/** x[..., start:end, ...] along one axis. */
export function sliceOnly(graph: Graph, x: Value, axis: number, start: number, end: number): Value {
  if (start === 0 && x.shape[axis] === end) return x;
  const bounds = [start, end, axis].map((bound) => graph.integers([bound]));
  const shape = x.shape.map((size, index) => (index === axis ? end - start : size));
  return graph.node("Slice", [x, ...bounds], { type: x.type, shape });
}

export function concatenateOnly(graph: Graph, parts: readonly Value[], axis: number): Value {
  const [first] = parts;
  if (first === undefined) throw new RangeError("nothing to concatenate");
  if (parts.length === 1) return first;
  const size = parts.reduce((sum, part) => sum + Number(part.shape[axis]), 0);
  const shape = first.shape.map((each, index) => (index === axis ? size : each));
  return graph.node("Concat", parts, { type: first.type, shape }, { axis });
}

/** A batched matrix product of the last two axes with transposes and a factor, from onnxruntime's own operators. */
export function matrixProduct(
  graph: Graph,
  a: Value,
  b: Value,
  options: { readonly transposeA?: boolean; readonly transposeB?: boolean; readonly factor?: number } = {},
): Value {
  const rows = a.shape[a.shape.length - (options.transposeA ? 1 : 2)] ?? 1;
  const columns = b.shape[b.shape.length - (options.transposeB ? 2 : 1)] ?? 1;
  return graph.node(
    "FusedMatMul",
    [a, b],
    { type: "float32", shape: [...a.shape.slice(0, -2), rows, columns] },
    {
      transA: options.transposeA ? 1 : 0,
      transB: options.transposeB ? 1 : 0,
      alpha: { float: options.factor ?? 1 },
    },
    microsoft,
  );
}

export function unsqueeze(graph: Graph, x: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
  return graph.node("Unsqueeze", [x, graph.integers([axis])], { type: x.type, shape });
}

export function float(...shape: readonly Dimension[]): { type: "float32"; shape: readonly Dimension[] } {
  return { type: "float32", shape };
}

function integers(...shape: readonly Dimension[]): { type: "int64"; shape: readonly Dimension[] } {
  return { type: "int64", shape };
}

/** The sizes of a value that must have the given rank. */
export function dimensions(value: Value, rank: number): [Dimension, Dimension] {
  if (value.shape.length !== rank)
    throw new RangeError(`${value.name} should have rank ${rank}: [${value.shape}]`);
  return [value.shape[0] ?? 1, value.shape[1] ?? 1];
}
