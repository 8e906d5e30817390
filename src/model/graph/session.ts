import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Device, Graph } from "./graph.ts";

/** What a graph takes and gives: a typed array and its shape. */
export interface Feed {
  /** Bytes are truth values, 0 or 1. */
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
  readonly shape: readonly number[];
}

/** The outputs of one run by name; the caller's to keep. */
export interface GraphResults<Output extends string> {
  get(name: Output): Float32Array;
}

/** A graph ready to run. `run` blocks the event loop while it computes. */
export interface GraphSession<Output extends string> extends AsyncDisposable {
  run(feeds: Readonly<Record<string, Feed>>): Promise<GraphResults<Output>>;
}

/**
 * Compiles a graph whose outputs are all float32. On the CPU inputs are not copied, so leave them alone until `run` resolves.
 * On WebGPU inputs and outputs are copied to the GPU and back in every run.
 */
export async function openGraph<Output extends string>(
  graph: Graph,
  outputs: readonly Output[],
  options: {
    readonly threads: number;
    /** Default "cpu". See `chooseDevice`. */
    readonly device?: Device;
    readonly profile?: string;
  },
): Promise<GraphSession<Output>> {
  const { device = "cpu" } = options;
  const session = await InferenceSession.create(graph.encode(device), {
    // What WebGPU has no kernel for, such as the arithmetic of shapes, is computed on the CPU.
    executionProviders: [device],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    // A plan of memory for each combination of shapes is kept for ever, gains nothing, and takes twice the memory.
    enableMemPattern: false,
    // What goes wrong is thrown, so the engine need not print it too.
    logSeverityLevel: 4,
    // Each session has threads of its own. Within a run they wait awake for 50 microseconds, because the next piece of work
    // is soon there. Longer, and they would take the cores from another program's; between runs, and they would take
    // them from the session at work (measured, see docs/performance.md).
    extra: {
      session: { intra_op: { allow_spinning: "1", spin_duration_us: "50" }, force_spinning_stop: "1" },
    },
    ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
  });
  return {
    async run(feeds) {
      const tensors: Record<string, Tensor> = {};
      for (const [name, feed] of Object.entries(feeds)) tensors[name] = toTensor(feed);
      const results = await session.run(tensors, outputs);
      return { get: (name) => toFloats(name, results[name]) };
    },
    async [Symbol.asyncDispose]() {
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

function toTensor({ data, shape }: Feed): Tensor {
  if (data instanceof Float32Array) return new Tensor("float32", data, shape);
  if (data instanceof Int32Array) return new Tensor("int32", data, shape);
  if (data instanceof Uint8Array) return new Tensor("bool", data, shape);
  return new Tensor("int64", data, shape);
}

function toFloats(name: string, tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new TypeError(`graph output ${name} should be float32, but is ${tensor?.type ?? "missing"}`);
}
