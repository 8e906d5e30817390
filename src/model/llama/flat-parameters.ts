import { parameterShapes } from "./parameters.ts";
import type { LlamaConfiguration, Parameters, Tensor } from "./types.ts";

/** Where each parameter stands in one long vector of all of them, in order. */
export interface Layout {
  readonly size: number;
  readonly entries: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly start: number;
    readonly end: number;
  }[];
}

/** The layout of all of a model's parameters. */
export function layoutOf(configuration: LlamaConfiguration): Layout {
  return layoutOfShapes(parameterShapes(configuration));
}

export function layoutOfShapes(shapes: ReadonlyMap<string, readonly number[]>): Layout {
  let size = 0;
  const entries = [...shapes].map(([name, shape]) => {
    const start = size;
    size += shape.reduce((product, each) => product * each, 1);
    return { name, shape, start, end: size };
  });
  return { size, entries };
}

/** A new vector with the values of all parameters. They must fit, see `checkParameters`. */
export function flatten(layout: Layout, parameters: Parameters): Float32Array {
  const flat = new Float32Array(layout.size);
  for (const { name, start } of layout.entries) flat.set(parameters.get(name)?.data ?? [], start);
  return flat;
}

/** The parameters as views into the vector, not copies. */
export function viewParameters(layout: Layout, flat: Float32Array): ReadonlyMap<string, Tensor> {
  return new Map(
    layout.entries.map(({ name, shape, start, end }) => [name, { shape, data: flat.subarray(start, end) }]),
  );
}
