import type { LlamaConfiguration } from "./types.ts";

/** What may stand between forward and backward pass, in bytes. */
const bytesAtOnce = 1.5e9;

/** With 1,000 to 2,000 tokens a step takes 5 to 10% less time than with more, because more stays in the caches. */
const mostTokens = 2048;

/**
 * Tokens whose gradient is computed at once, so that memory does not grow with the batch: 2,048, or as many as keep
 * within about 1.5 GB. A row is always computed as a whole.
 */
export function tokensAtOnce(configuration: LlamaConfiguration, length: number): number {
  return Math.min(mostTokens, Math.floor(bytesAtOnce / bytesPerToken(configuration, length)));
}

/** Roughly what the backward pass needs of each token, in rows of `length`. */
function bytesPerToken(configuration: LlamaConfiguration, length: number): number {
  const { layers, hiddenSize, heads, intermediateSize, vocabularySize } = configuration;
  // About ten vectors of the hidden size, five of the feed-forward size, and half a row of attention for each head.
  const layer = 10 * hiddenSize + 5 * intermediateSize + (heads * length) / 2;
  return 4 * (layers * layer + 2 * vocabularySize);
}
