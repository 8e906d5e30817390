import type { LlamaConfiguration } from "../../../model/llama/llama.ts";
import { createTokenizer, type StudentTokenizer } from "../../../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../../../model/tokenizer/train.ts";
import { createRandom, deriveSeed } from "../../../random.ts";
import { shopSystemPrompt } from "../system-prompt.ts";
import { readingDocuments } from "./curriculum.ts";

/** Tokens in all; every word of the generated shop gets one of its own, other text falls apart into bytes. */
const vocabularySize = 1664;
const documentsForTheTokenizer = 6000;

/** What every transcript says besides the words of the shop. */
const turnsOfPhrase = [
  shopSystemPrompt,
  "Thought: \nAction: search[",
  "Thought: fits.\nAction: click[Buy Now]",
  "\nAction: click[Next >]",
  "\nAction: click[< Prev]",
  "\nAction: click[Back to Search]",
];

/** A tokenizer that knows the exercises' words. The same seed gives the same vocabulary. */
export function readingTokenizer(seed: number): StudentTokenizer {
  const random = createRandom(deriveSeed("reading-tokenizer", seed));
  const texts = Array.from({ length: documentsForTheTokenizer }, () => random.pick(readingDocuments)(random))
    .flatMap(({ messages }) => messages.map(({ content }) => content))
    .concat(Array.from({ length: documentsForTheTokenizer / 10 }, () => turnsOfPhrase).flat());
  return createTokenizer(trainTokenizer(texts, { vocabularySize, domainTokens: [" [SEP]"] }));
}

/** The embedded student's shape: small enough to be trained in minutes on two cores. */
export function studentConfiguration(tokenizer: StudentTokenizer): LlamaConfiguration {
  return {
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: 128,
    layers: 4,
    heads: 4,
    keyValueHeads: 2,
    headSize: 32,
    intermediateSize: 384,
    maximumPositions: 4096,
    ropeTheta: 500_000,
    rmsNormEpsilon: 1e-5,
    tiedEmbeddings: true,
  };
}
