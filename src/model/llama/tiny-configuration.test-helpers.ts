import type { LlamaConfiguration } from "./types.ts";

/** A model that tests can train and sample in milliseconds. */
export function tinyConfiguration(vocabularySize: number, maximumPositions: number): LlamaConfiguration {
  return {
    vocabularySize,
    hiddenSize: 32,
    layers: 2,
    heads: 2,
    keyValueHeads: 2,
    headSize: 16,
    intermediateSize: 48,
    maximumPositions,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-6,
    tiedEmbeddings: true,
  };
}
