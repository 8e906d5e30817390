import { saveCheckpoint } from "../src/model/checkpoint/checkpoint.ts";
import { initialParameters, type LlamaConfiguration } from "../src/model/llama/llama.ts";
import { createTokenizer } from "../src/model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../src/model/tokenizer/train.ts";

/** Writes a base checkpoint for tests: a few thousand random weights, and a tokenizer of the given texts. */
export async function saveTinyBase(directory: string, texts: readonly string[]): Promise<void> {
  const tokenizer = createTokenizer(trainTokenizer([...texts], { vocabularySize: 600 }));
  const configuration: LlamaConfiguration = {
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: 32,
    layers: 2,
    heads: 2,
    keyValueHeads: 2,
    headSize: 16,
    intermediateSize: 64,
    maximumPositions: 512,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-6,
    tiedEmbeddings: true,
  };
  await saveCheckpoint(directory, {
    configuration,
    parameters: initialParameters(configuration, 1),
    tokenizer,
  });
}
