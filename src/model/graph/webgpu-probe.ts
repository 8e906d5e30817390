/** Run as a process of its own: exits with 0 if WebGPU computes 1 + 2, else prints why not and exits with 1. */
import process from "node:process";
import { Graph } from "./graph.ts";
import { openGraph } from "./session.ts";

try {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1]);
  graph.output("y", graph.node("Add", [x, graph.scalar(2)], x));
  await using session = await openGraph(graph, ["y"], { threads: 1, device: "webgpu" });
  const y = (await session.run({ x: { data: Float32Array.of(1), shape: [1] } })).get("y")[0];
  if (y !== 3) throw new Error(`its adapter computes 1 + 2 = ${y}`);
} catch (error) {
  process.exitCode = 1;
  console.log(error instanceof Error ? error.message : String(error));
}
