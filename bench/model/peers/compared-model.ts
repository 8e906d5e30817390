import type { LlamaConfiguration } from "../../../src/model/llama/llama.ts";

/** The shape of model with which the student is compared with others: 4.5 million parameters. */
export const comparedModel: LlamaConfiguration = {
  vocabularySize: 1024,
  hiddenSize: 256,
  layers: 4,
  heads: 4,
  keyValueHeads: 4,
  headSize: 64,
  intermediateSize: 1024,
  maximumPositions: 1024,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};
