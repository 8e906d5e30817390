import type { Graph, Value } from "../graph/graph.ts";
import { add, keepWhere, linear, scale } from "../graph/operators.ts";
import { adapterShapes, type LoraOptions } from "./lora.ts";
import type { LlamaConfiguration } from "./types.ts";

/** An adapter's matrices as inputs of a graph, and what they add to the products of frozen matrices. */
export class AdapterInputs {
  readonly #graph: Graph;
  readonly #options: LoraOptions;
  readonly #values: ReadonlyMap<string, Value>;
  readonly #withDropout: boolean;

  constructor(graph: Graph, configuration: LlamaConfiguration, options: LoraOptions, training: boolean) {
    this.#graph = graph;
    this.#options = options;
    this.#withDropout = training && options.dropout > 0;
    this.#values = new Map(
      [...adapterShapes(configuration, options)].map(([name, shape]) => [
        name,
        graph.input(name, "float32", shape),
      ]),
    );
  }

  /** In the order of `adapterShapes`. */
  get values(): Value[] {
    return [...this.#values.values()];
  }

  /** `product` + alpha / rank * B A dropout(x) if the module is adapted, else undefined. */
  added(product: Value, x: Value, module: string): Value | undefined {
    const graph = this.#graph;
    const a = this.#values.get(`${module}.lora_A.weight`);
    const b = this.#values.get(`${module}.lora_B.weight`);
    if (a === undefined || b === undefined) return undefined;
    const { rank, alpha, dropout } = this.#options;
    const input = this.#withDropout ? keepWhere(graph, x, graph.input(`${module}.kept`, "bool", x.shape)) : x;
    const factor = alpha / rank / (this.#withDropout ? 1 - dropout : 1);
    return add(graph, product, linear(graph, scale(graph, linear(graph, input, a), factor), b));
  }
}
