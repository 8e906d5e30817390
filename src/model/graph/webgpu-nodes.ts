import {
  attributeTypes,
  dataTypes,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx-schema.ts";

/** Nodes in order of computation, and the constants that they read besides those of the graph. */
export interface RewrittenNodes {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
}

/**
 * The same computation for onnxruntime's WebGPU provider: operators for which it has no kernel, or a wrong one, become
 * others. Left alone they would be computed on the CPU, with copies there and back. `rankOf` tells how many axes a value has.
 */
export function nodesForWebGpu(nodes: readonly OnnxNode[], rankOf: (name: string) => number): RewrittenNodes {
  const constants = new Map<string, OnnxTensor>();
  const rewritten = nodes.flatMap((node) => {
    if (node.opType === "FusedMatMul") return plainMatrixProduct(node, rankOf, constants);
    if (node.opType === "SimplifiedLayerNormalization" && node.output[1])
      return normWithInverse(node, constants);
    if (node.opType === "Sum" && node.input.length > 1) return chainOfAdditions(node);
    return [node];
  });
  return { nodes: rewritten, constants: [...constants.values()] };
}

/** alpha * A B as a product, with transposes before it and a multiplication behind it where there are any. */
function plainMatrixProduct(
  node: OnnxNode,
  rankOf: (name: string) => number,
  constants: Map<string, OnnxTensor>,
): OnnxNode[] {
  const [output = ""] = node.output;
  const attribute = (name: string) => node.attribute.find((each) => each.name === name);
  const alpha = attribute("alpha")?.f ?? 1;
  const nodes: OnnxNode[] = [];
  const operand = (index: number, transposes: string): string => {
    const name = node.input[index] ?? "";
    if (!attribute(transposes)?.i) return name;
    const transposed = `${output}.${transposes}`;
    nodes.push(plainNode("Transpose", [name], transposed, [lastAxesSwapped(rankOf(name))]));
    return transposed;
  };
  const operands = [operand(0, "transA"), operand(1, "transB")];
  if (alpha === 1) return [...nodes, plainNode("MatMul", operands, output)];
  const factor = scalar(alpha, constants);
  const product = `${output}.product`;
  return [...nodes, plainNode("MatMul", operands, product), plainNode("Mul", [product, factor], output)];
}

/**
 * The second output of SimplifiedLayerNormalization over the last axis, 1 / sqrt(mean(x^2) + epsilon), is wrong on WebGPU
 * (onnxruntime 1.30), without an error, so it is computed by itself.
 */
function normWithInverse(node: OnnxNode, constants: Map<string, OnnxTensor>): OnnxNode[] {
  const [x = ""] = node.input;
  const [normed = "", inverse = ""] = node.output;
  const epsilon = node.attribute.find(({ name }) => name === "epsilon")?.f ?? 1e-5;
  const part = (name: string) => `${inverse}.${name}`;
  return [
    { ...node, output: [normed] },
    plainNode("Mul", [x, x], part("squares")),
    plainNode("ReduceMean", [part("squares"), integer(-1, constants)], part("mean"), [
      { name: "keepdims", type: attributeTypes.integer, i: 1 },
    ]),
    plainNode("Add", [part("mean"), scalar(epsilon, constants)], part("variance")),
    plainNode("Sqrt", [part("variance")], part("root")),
    plainNode("Reciprocal", [part("root")], inverse),
  ];
}

function chainOfAdditions(node: OnnxNode): OnnxNode[] {
  const [output = ""] = node.output;
  const [first = "", ...others] = node.input;
  let sum = first;
  return others.map((addend, index) => {
    const next = index === others.length - 1 ? output : `${output}.${index}`;
    const addition = plainNode("Add", [sum, addend], next);
    sum = next;
    return addition;
  });
}

function plainNode(
  opType: string,
  input: readonly string[],
  output: string,
  attribute: readonly OnnxAttribute[] = [],
): OnnxNode {
  return { name: `${opType} ${output}`, opType, domain: "", input, output: [output], attribute };
}

function lastAxesSwapped(rank: number): OnnxAttribute {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return { name: "perm", type: attributeTypes.integers, ints: [...axes.slice(0, -2), rank - 1, rank - 2] };
}

/** The name of a float32 scalar, which becomes one of the constants. */
function scalar(value: number, constants: Map<string, OnnxTensor>): string {
  const name = `float32 ${value}`;
  const rawData = new Uint8Array(Float32Array.of(value).buffer);
  constants.set(name, { name, dataType: dataTypes.float32, dims: [], rawData });
  return name;
}

/** The name of a vector of one int64, which becomes one of the constants. */
function integer(value: number, constants: Map<string, OnnxTensor>): string {
  const name = `int64 ${value}`;
  const rawData = new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
  constants.set(name, { name, dataType: dataTypes.int64, dims: [1], rawData });
  return name;
}
