import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { createRandom } from "../../random.ts";
import { type Device, Graph, type Value } from "./graph.ts";
import { float, matrixProduct } from "./operators.ts";

const random = createRandom(1);

/** What a graph of float32 inputs of these shapes gives on the CPU, as it is encoded for each device, and its file for WebGPU. */
async function outputs(
  shapes: readonly (readonly number[])[],
  build: (graph: Graph, inputs: readonly Value[]) => Value,
): Promise<Record<Device, Float32Array> & { readonly text: string }> {
  const graph = new Graph();
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, "float32", shape));
  graph.output("y", build(graph, inputs));
  const feeds = Object.fromEntries(
    shapes.map((shape, index) => {
      const size = shape.reduce((product, each) => product * each, 1);
      const data = Float32Array.from({ length: size }, () => random.normal());
      return [`x${index}`, new Tensor("float32", data, shape)];
    }),
  );
  const on = async (device: Device) => {
    const session = await InferenceSession.create(graph.encode(device), { executionProviders: ["cpu"] });
    const data = (await session.run(feeds)).y?.data;
    await session.release();
    return data instanceof Float32Array ? data : new Float32Array();
  };
  const text = Buffer.from(graph.encode("webgpu")).toString("latin1");
  return { cpu: await on("cpu"), webgpu: await on("webgpu"), text };
}

/** How a node's operator stands in the file: the tag of field 4 and the length before the text. */
function operatorField(operator: string): string {
  return `\x22${String.fromCharCode(operator.length)}${operator}`;
}

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.length).toBeGreaterThan(0);
  for (const [i, x] of expected.entries()) expect(actual[i]).toBeCloseTo(x, 5);
}

for (const transposeA of [false, true]) {
  for (const transposeB of [false, true]) {
    test(`for WebGPU, a product of ${transposeA ? "A^T" : "A"} and ${transposeB ? "B^T" : "B"} with a factor is made of plain nodes`, async () => {
      const shapes = [
        [2, 3, ...(transposeA ? [5, 4] : [4, 5])],
        [2, 3, ...(transposeB ? [6, 5] : [5, 6])],
      ];
      for (const factor of [1, 0.25]) {
        const { cpu, webgpu, text } = await outputs(shapes, (graph, [a, b]) => {
          if (a === undefined || b === undefined) throw new Error("two inputs were asked for");
          return matrixProduct(graph, a, b, { transposeA, transposeB, factor });
        });
        expectClose(webgpu, cpu);
        expect(text).not.toContain(operatorField("FusedMatMul"));
      }
    });
  }
}

test("for WebGPU, a sum of several is made of additions", async () => {
  const { cpu, webgpu, text } = await outputs(
    [
      [3, 2],
      [3, 2],
      [3, 2],
      [3, 2],
    ],
    (graph, addends) => graph.node("Sum", addends, float(3, 2)),
  );
  expectClose(webgpu, cpu);
  expect(text).not.toContain(operatorField("Sum"));
});

test("for WebGPU, the inverse of the root mean square does not come from the norm", async () => {
  const { cpu, webgpu } = await outputs([[4, 8], [8]], (graph, inputs) => {
    const shapes = { first: float(4, 8), other: float(4, 1), index: 1 };
    const attributes = { axis: -1, epsilon: { float: 0.1 } };
    const { first, other } = graph.nodeWithTwoOutputs(
      "SimplifiedLayerNormalization",
      inputs,
      shapes,
      attributes,
    );
    return graph.node("Mul", [first, other], float(4, 8));
  });
  expectClose(webgpu, cpu);
});
