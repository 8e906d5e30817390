import { describe, expect, test } from "vitest";
import { createRandom } from "../../random.ts";
import { causalAttention, causalBlocks } from "./attention.ts";
import { weightedCrossEntropy } from "./cross-entropy.ts";
import { type ElementType, Graph, type Value } from "./graph.ts";
import {
  add,
  gatherRows,
  linear,
  reshape,
  rmsNorm,
  rotary,
  rotaryTables,
  selectRows,
  swiglu,
} from "./operators.ts";
import { type Feed, openGraph } from "./session.ts";

/** An operation under test: its float inputs, and the graph from them to one output. */
interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly constants?: Readonly<Record<string, Feed>>;
  /** `rows` is table[ids], a leaf of its own whose gradient is added to that of the table's rows. */
  readonly rows?: { readonly table: string; readonly ids: readonly number[] };
  readonly build: (graph: Graph, values: (name: string) => Value) => Value;
}

const cases: readonly Case[] = [
  {
    name: "add, with one value on both sides",
    inputs: { a: [3, 4], b: [3, 4] },
    build: (graph, value) => add(graph, add(graph, value("a"), value("b")), value("a")),
  },
  {
    name: "linear",
    inputs: { x: [5, 3], weight: [4, 3] },
    build: (graph, value) => linear(graph, value("x"), value("weight")),
  },
  {
    name: "reshape",
    inputs: { x: [6, 4] },
    build: (graph, value) => reshape(graph, value("x"), [2, 3, 4]),
  },
  {
    name: "selectRows, rows out of order",
    inputs: { x: [5, 3] },
    constants: { ids: integers([4, 0, 2]) },
    build: (graph, value) => selectRows(graph, value("x"), value("ids")),
  },
  {
    name: "rmsNorm",
    inputs: { x: [4, 6], weight: [6] },
    build: (graph, value) => rmsNorm(graph, value("x"), value("weight"), 1e-3),
  },
  {
    name: "swiglu",
    inputs: { gate: [3, 5], up: [3, 5] },
    build: (graph, value) => swiglu(graph, value("gate"), value("up")),
  },
  {
    name: "rotary, two heads at positions that jump",
    inputs: { x: [1, 3, 16] },
    constants: { positions: integers([0, 7, 3], [1, 3]) },
    build: (graph, value) =>
      rotary(
        graph,
        value("x"),
        value("positions"),
        rotaryTables(graph, 8, Float64Array.of(1, 0.3, 0.1, 0.03)),
      ),
  },
  ...[1, 2, 4].map((keyValueHeads) => ({
    name: `causalAttention, 4 heads on ${keyValueHeads}, three blocks, the last one short, two sequences in the first row, in the second a tree`,
    inputs: { q: [2, 7, 4 * 3], k: [2, 7, keyValueHeads * 3], v: [2, 7, keyValueHeads * 3] },
    constants: { seenUntil: places([2, 2, 6, 6, 6, 6, 7, 7, 5, 4, 4, 5, 7, 7], [2, 7]) },
    build: (graph: Graph, value: (name: string) => Value) =>
      causalAttention(
        graph,
        [value("q"), value("k"), value("v")],
        { length: 7, heads: 4, keyValueHeads, headSize: 3 },
        causalBlocks(graph, value("seenUntil"), 7, 3),
      ),
  })),
  {
    name: "weightedCrossEntropy, a target that repeats and one of weight 0",
    inputs: { h: [4, 3], head: [5, 3] },
    constants: { ids: integers([1, 4, 1, 0]), weights: { data: Float32Array.of(0.5, 1, 0, 2), shape: [4] } },
    rows: { table: "head", ids: [1, 4, 1, 0] },
    build: (graph, value) =>
      weightedCrossEntropy(graph, value("h"), value("head"), {
        ids: value("ids"),
        weights: value("weights"),
        rows: value("rows"),
      }),
  },
];

describe("the gradient of an operation is what finite differences say:", () => {
  for (const each of cases) {
    test(each.name, async () => {
      const graph = new Graph();
      const values = new Map<string, Value>();
      for (const [name, shape] of Object.entries(each.inputs))
        values.set(name, graph.input(name, "float32", shape));
      for (const [name, { data, shape }] of Object.entries(each.constants ?? {})) {
        values.set(name, graph.input(name, elementType(data), shape));
      }
      const value = (name: string): Value => values.get(name) ?? missing(name);
      if (each.rows !== undefined)
        values.set("rows", gatherRows(graph, value(each.rows.table), value("ids")));
      const output = each.build(graph, value);

      // The scalar that is differentiated: the sum of the outputs times arbitrary coefficients.
      const random = createRandom(11);
      const size = output.shape.reduce<number>((product, dimension) => product * Number(dimension), 1);
      const coefficients = Float32Array.from({ length: size }, () => random.normal());
      const names = [...Object.keys(each.inputs), ...(each.rows === undefined ? [] : ["rows"])];
      const seed = graph.constant(coefficients, output.shape.map(Number));
      const gradients = graph.gradients(new Map([[output, seed]]), names.map(value));
      graph.output("y", output);
      gradients.forEach((gradient, index) => {
        graph.output(`gradient of ${names[index]}`, gradient);
      });
      await using session = await openGraph(graph, ["y", ...names.map((name) => `gradient of ${name}`)], {
        threads: 1,
      });

      const inputs = new Map(
        Object.entries(each.inputs).map(([name, shape]) => {
          const length = shape.reduce((product, dimension) => product * dimension, 1);
          return [name, { data: Float32Array.from({ length }, () => random.normal()), shape }];
        }),
      );
      const run = () => session.run({ ...Object.fromEntries(inputs), ...each.constants });
      const scalar = async () =>
        (await run()).get("y").reduce((sum, y, index) => sum + y * (coefficients[index] ?? 0), 0);
      const results = await run();
      const { rows } = each;
      for (const [name, { data, shape }] of inputs) {
        const analytic = results.get(`gradient of ${name}`).slice();
        if (rows?.table === name) {
          const width = shape[1] ?? 0;
          const rowGradients = results.get("gradient of rows");
          rowGradients.forEach((gradient, index) => {
            const place = (rows.ids[Math.floor(index / width)] ?? 0) * width + (index % width);
            analytic[place] = (analytic[place] ?? 0) + gradient;
          });
        }
        for (const [index, x] of data.entries()) {
          const step = 0.01;
          data[index] = x + step;
          const above = await scalar();
          data[index] = x - step;
          const below = await scalar();
          data[index] = x;
          const numeric = (above - below) / (2 * step);
          const difference = Math.abs(numeric - (analytic[index] ?? Number.NaN));
          expect(difference, `${name}[${index}], by differences ${numeric}`).toBeLessThan(
            3e-3 * (1 + Math.abs(numeric)),
          );
        }
      }
    });
  }
});

test("a leaf on which nothing depends is refused by its name", () => {
  const graph = new Graph();
  const [a, b, unused] = ["a", "b", "unused"].map((name) => graph.input(name, "float32", [2]));
  if (a === undefined || b === undefined || unused === undefined) throw new Error("three inputs expected");
  const sum = add(graph, a, b);
  expect(() => graph.gradients(new Map([[sum, sum]]), [a, unused])).toThrow(/unused/);
});

test("a constant whose data does not fit its shape is refused", () => {
  expect(() => new Graph().constant(new Float32Array(5), [2, 3])).toThrow(RangeError);
});

function integers(values: readonly number[], shape: readonly number[] = [values.length]): Feed {
  return { data: BigInt64Array.from(values, BigInt), shape };
}

function places(values: readonly number[], shape: readonly number[]): Feed {
  return { data: Int32Array.from(values), shape };
}

function elementType(data: Feed["data"]): ElementType {
  if (data instanceof Float32Array) return "float32";
  return data instanceof Int32Array ? "int32" : "int64";
}

function missing(name: string): never {
  throw new Error(`no value ${name}`);
}
