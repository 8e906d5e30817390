import type { LlamaConfiguration } from "./types.ts";

/** What may stand between forward and backward pass, in bytes. */
const bytesAtOnce = 2e9;

/** What sessions for rows of different lengths may hold together, in bytes. */
export const bytesKept = 4e9;

/** With 1,000 to 2,000 tokens a step takes 5 to 10% less time than with more, because more stays in the caches. */
const mostTokens = 2048;

/**
 * Tokens whose gradient is computed at once, so that memory does not grow with the batch: 2,048, or as many as keep
 * within about 2 GB. A row is always computed as a whole.
 */
export function tokensAtOnce(configuration: LlamaConfiguration, length: number): number {
  return Math.min(mostTokens, Math.floor(bytesAtOnce / bytesPerToken(configuration, length)));
}

/** The most that a session for rows of a length holds, roughly: what it needed in its largest run. */
export function bytesOfSession(configuration: LlamaConfiguration, length: number): number {
  return Math.max(length, tokensAtOnce(configuration, length)) * bytesPerToken(configuration, length);
}

/**
 * Roughly what the backward pass needs of each token, in rows of `length`. Measured with an adapter on a model of 135M
 * parameters: 3.9 MB, for which this gives 3.8.
 */
function bytesPerToken(configuration: LlamaConfiguration, length: number): number {
  const { layers, hiddenSize, heads, intermediateSize, vocabularySize } = configuration;
  const layer = 18 * hiddenSize + 10 * intermediateSize + (heads * length) / 2;
  return 4 * (layers * layer + 2 * vocabularySize);
}
