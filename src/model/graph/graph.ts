import {
  attributeTypes,
  dataTypes,
  encodeModel,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "./onnx-schema.ts";
import { nodesForWebGpu } from "./webgpu-nodes.ts";

/** What graphs run on: onnxruntime's provider for the CPU, or the one for a GPU through WebGPU. */
export type Device = "cpu" | "webgpu";

export type ElementType = keyof typeof dataTypes;

/** A size, or the name of a size known only when the graph runs. Equal names are equal sizes. */
export type Dimension = number | string;

/** A tensor of a graph, to be computed. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** Type and shape of a node's output. */
export interface ValueType {
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

export type Attributes = Readonly<Record<string, number | string | readonly number[] | FloatAttribute>>;

/** Marks a number as a float attribute; plain numbers are integers. */
export interface FloatAttribute {
  readonly float: number;
}

/** How the gradient passes one differentiable operation: from its outputs to its inputs. */
export interface DifferentiableOperation {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /**
   * Adds the nodes of the backward pass. Gets the gradient with respect to each output (undefined where nothing
   * depends on that output) and returns the gradient with respect to each input (undefined for constants such as ids).
   */
  backward(outputGradients: readonly (Value | undefined)[]): readonly (Value | undefined)[];
}

/** Domain of onnxruntime's own operators. */
export const microsoft = "com.microsoft";

const bytesPerElement = { float32: 4, int32: 4, int64: 8, bool: 1 } as const;

/** Builds one ONNX model: nodes in order of computation, and a tape of the differentiable operations among them. */
export class Graph {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxTensor[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #outputNames = new Map<string, string>();
  readonly #computed = new Set<string>();
  readonly #tape: DifferentiableOperation[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #ranks = new Map<string, number>();
  #names = 0;

  /** A tensor that is given when the graph runs. */
  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    const value = this.#named(name, { type, shape });
    this.#inputs.push(value);
    return value;
  }

  /** Makes a value an output of the graph under the given name. */
  output(name: string, value: Value): void {
    // A node's output takes the name itself; inputs, constants and what is an output already must be passed on.
    const computed = this.#computed.has(value.name) && !this.#outputNames.has(value.name);
    const named = computed ? value : this.node("Identity", [value], value);
    this.#outputs.push({ ...value, name });
    this.#outputNames.set(named.name, name);
  }

  /**
   * Adds a node with one output and returns that. An undefined input is one left out; `output` gives type and shape,
   * which are not checked here.
   */
  node(
    operator: string,
    inputs: readonly (Value | undefined)[],
    output: ValueType,
    attributes: Attributes = {},
    domain = "",
  ): Value {
    const value = this.#value(operator, output);
    this.#addNode(operator, inputs, [value], attributes, domain);
    return value;
  }

  /** Adds a node and returns its first output and one further output, at position `index`. */
  nodeWithTwoOutputs(
    operator: string,
    inputs: readonly (Value | undefined)[],
    outputs: { readonly first: ValueType; readonly other: ValueType; readonly index: number },
    attributes: Attributes = {},
    domain = "",
  ): { readonly first: Value; readonly other: Value } {
    const first = this.#value(operator, outputs.first);
    const other = this.#value(operator, outputs.other);
    const skipped: undefined[] = new Array(outputs.index - 1).fill(undefined);
    this.#addNode(operator, inputs, [first, ...skipped, other], attributes, domain);
    return { first, other };
  }

  /** A float32 tensor baked into the graph. The data is copied when the graph is encoded. */
  constant(data: Float32Array, shape: readonly number[]): Value {
    return this.#initializer("float32", new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape);
  }

  /** A scalar, made once however often it is asked for. */
  scalar(value: number): Value {
    return this.#once(`float32 ${value}`, () => this.constant(Float32Array.of(value), []));
  }

  /** A vector of 64-bit integers, as shapes, axes and indices are given; made once per content. */
  integers(values: readonly number[]): Value {
    return this.#once(`int64 ${values.join()}`, () => {
      const data = BigInt64Array.from(values, BigInt);
      return this.#initializer("int64", new Uint8Array(data.buffer), [values.length]);
    });
  }

  /** Tells the tape how the gradient passes an operation that has just been added. */
  differentiable(operation: DifferentiableOperation): void {
    this.#tape.push(operation);
  }

  /**
   * Reverse-mode differentiation: adds the nodes that compute the gradient of a scalar with respect to each of
   * `leaves`, given the scalar's gradient with respect to some values (`seeds`). Leaves may be any values; what they
   * were computed from is looked through only if a further leaf stands there. A leaf on which nothing depends is a
   * mistake, so it throws.
   */
  gradients(seeds: ReadonlyMap<Value, Value>, leaves: readonly Value[]): Value[] {
    const gradients = new Map<Value, Value>(seeds);
    const wanted = new Set<Value>(leaves);
    const onPath = this.#dependents(wanted);
    for (const operation of this.#tape.toReversed()) {
      const outputGradients = operation.outputs.map((output) => gradients.get(output));
      if (outputGradients.every((gradient) => gradient === undefined)) continue;
      if (!operation.inputs.some((input) => onPath.has(input))) continue;
      const inputGradients = operation.backward(outputGradients);
      operation.inputs.forEach((input, index) => {
        const gradient = inputGradients[index];
        if (gradient === undefined || !onPath.has(input)) return;
        const sofar = gradients.get(input);
        gradients.set(input, sofar === undefined ? gradient : this.node("Add", [sofar, gradient], input));
      });
    }
    return leaves.map((leaf) => {
      const gradient = gradients.get(leaf);
      if (gradient === undefined) throw new Error(`nothing differentiable depends on ${leaf.name}`);
      return gradient;
    });
  }

  /** Number of nodes so far. */
  get size(): number {
    return this.#nodes.length;
  }

  /**
   * The bytes of the ONNX file, with the operators that the device has. Nodes on which no output depends are left out, as
   * gradients that nobody asked for.
   */
  encode(device: Device = "cpu"): Uint8Array {
    const needed = this.#neededNodes();
    const { nodes, constants } =
      device === "webgpu"
        ? nodesForWebGpu(needed, (name) => this.#ranks.get(name) ?? 0)
        : { nodes: needed, constants: [] };
    return encodeModel({
      irVersion: 10,
      producerName: "eef",
      opsetImport: [
        { domain: "", version: 21 },
        { domain: microsoft, version: 1 },
      ],
      graph: {
        name: "graph",
        node: nodes.map((node) => ({
          ...node,
          input: node.input.map((name) => this.#outputNames.get(name) ?? name),
          output: node.output.map((name) => this.#outputNames.get(name) ?? name),
        })),
        initializer: [...this.#initializers, ...constants],
        input: this.#inputs.map(valueInfo),
        output: this.#outputs.map(valueInfo),
      },
    });
  }

  /** All values that depend on one of `values`, by the tape; the values themselves included. */
  #dependents(values: ReadonlySet<Value>): ReadonlySet<Value> {
    const result = new Set(values);
    for (const { inputs, outputs } of this.#tape) {
      if (inputs.some((input) => result.has(input))) for (const output of outputs) result.add(output);
    }
    return result;
  }

  #neededNodes(): OnnxNode[] {
    const needed = new Set(this.#outputNames.keys());
    const nodes = this.#nodes.toReversed().filter((node) => {
      if (!node.output.some((name) => needed.has(name))) return false;
      for (const name of node.input) needed.add(name);
      return true;
    });
    return nodes.reverse();
  }

  #value(operator: string, type: ValueType): Value {
    return this.#named(this.#freshName(operator), type);
  }

  #named(name: string, { type, shape }: ValueType): Value {
    this.#ranks.set(name, shape.length);
    return { name, type, shape };
  }

  #addNode(
    operator: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly (Value | undefined)[],
    attributes: Attributes,
    domain: string,
  ): void {
    for (const output of outputs) if (output !== undefined) this.#computed.add(output.name);
    this.#nodes.push({
      name: `${operator}_${this.#nodes.length}`,
      opType: operator,
      domain,
      input: inputs.map((input) => input?.name ?? ""),
      output: outputs.map((output) => output?.name ?? ""),
      attribute: Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value)),
    });
  }

  #initializer(type: ElementType, bytes: Uint8Array, shape: readonly number[]): Value {
    const size = shape.reduce((product, dimension) => product * dimension, bytesPerElement[type]);
    if (size !== bytes.length)
      throw new RangeError(`shape [${shape}] does not fit ${bytes.length} bytes of ${type}`);
    const value = this.#value("constant", { type, shape });
    this.#initializers.push({ name: value.name, dataType: dataTypes[type], dims: shape, rawData: bytes });
    return value;
  }

  #once(key: string, make: () => Value): Value {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.#constants.set(key, value);
    return value;
  }

  #freshName(stem: string): string {
    return `${stem}.${this.#names++}`;
  }
}

function encodeAttribute(name: string, value: Attributes[string]): OnnxAttribute {
  if (typeof value === "number") return { name, type: attributeTypes.integer, i: value };
  if (typeof value === "string")
    return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.integers, ints: value };
}

function valueInfo({ name, type, shape }: Value): OnnxValueInfo {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}
