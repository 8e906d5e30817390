import { describe, expect, it } from "vitest";
import { Graph } from "./graph.ts";
import { explainingMemory, OutOfMemoryError } from "./out-of-memory.ts";
import { openGraph } from "./session.ts";

describe("running out of memory", () => {
  it("in the tensor engine is explained, with what was asked for, and the engine goes on", async () => {
    const graph = new Graph();
    const a = graph.input("a", "float32", ["n", 1]);
    const b = graph.input("b", "float32", [1, "m"]);
    const product = graph.node("MatMul", [a, b], { type: "float32", shape: ["n", "m"] });
    graph.output("sum", graph.node("ReduceSum", [product], { type: "float32", shape: [] }, { keepdims: 0 }));
    await using session = await openGraph(graph, ["sum"], { threads: 1 });
    // The product of n numbers with each other has n^2: 256 TiB, more than a process can address.
    const sumOf = async (n: number) => {
      const data = new Float32Array(n).fill(1);
      const results = await session.run({ a: { data, shape: [n, 1] }, b: { data, shape: [1, n] } });
      return results.get("sum")[0];
    };
    const failure = await explainingMemory("training step 7", "Use less.", () => sumOf(2 ** 23)).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(OutOfMemoryError);
    expect(failure).toMatchObject({
      message: "training step 7: out of memory (268435456 MiB at once)",
      hint: "Use less.",
    });
    expect(await sumOf(3)).toBe(9);
  });

  it("in JavaScript's own arrays is explained too", async () => {
    const allocate = async () => new Float32Array(2 ** 43);
    await expect(explainingMemory("opening the model", "Use less.", allocate)).rejects.toThrow(
      OutOfMemoryError,
    );
  });

  it("is not what other failures are taken for", async () => {
    const other = new RangeError("slot 3 is not one of 0 to 2");
    const fail = () => Promise.reject(other);
    await expect(explainingMemory("decoding", "Use less.", fail)).rejects.toBe(other);
  });
});
