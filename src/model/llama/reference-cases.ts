import { parameterShapes } from "./parameters.ts";
import type { LlamaConfiguration, Parameters, Tensor, TrainingBatch } from "./types.ts";

/** The weights of scripts/reference/llama-reference.py, by its formula; for tests. */
export function referenceParameters(configuration: LlamaConfiguration): Parameters {
  const shapes = [...parameterShapes(configuration)].sort(([a], [b]) => (a < b ? -1 : 1));
  const parameters = shapes.map(([name, shape], index): [string, Tensor] => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const offset = shape.length === 1 ? 1 : 0;
    for (let i = 0; i < data.length; i++) {
      data[i] = Math.sin(1 + 37 * index + 0.7 * i + 0.001 * i * i) / 3 + offset;
    }
    return [name, { shape, data }];
  });
  return new Map(parameters);
}

/** The batch of scripts/reference/llama-reference.py: two rows of twelve tokens. */
export function referenceBatch(
  vocabularySize: number,
  segments: readonly (readonly number[])[],
  positions: readonly (readonly number[])[],
): Required<TrainingBatch> {
  const places = Int32Array.from({ length: 24 }, (_, place) => place);
  return {
    rows: 2,
    length: 12,
    inputIds: places.map((place) => (place * 7 + place * place) % vocabularySize),
    targets: places.map((place) => (place * 5 + 3) % vocabularySize),
    targetWeights: Float32Array.from(places, (place) => [0, 1, 0.5][place % 3] ?? 0),
    // A segment is a run of equal numbers.
    seenUntil: Int32Array.from(segments.flatMap((row) => row.map((segment) => row.lastIndexOf(segment) + 1))),
    positions: Int32Array.from(positions.flat()),
  };
}
