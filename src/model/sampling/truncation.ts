/** Leaves out the unlikely tokens before one is drawn. What is not given leaves out nothing. */
export interface Truncation {
  /** So many tokens are kept, the likeliest. At least 1. */
  readonly topK?: number;
  /** The fewest likeliest tokens are kept that have this probability together. From 0 to 1; one token is always kept. */
  readonly topP?: number;
  /** A token is kept if it has this part of the likeliest token's probability. From 0 to 1. */
  readonly minP?: number;
}

/**
 * The tokens that a truncation keeps, by their ids; at least one. Of equally likely tokens at its border, those with the smaller
 * ids are kept. Probabilities are those at the temperature, and of one step after the other among what the steps before it
 * kept: top-k, top-p, min-p, as `generate` of transformers has them.
 * @param logits Negative infinity for a token that may not be chosen; one at least may.
 * @param temperature More than 0.
 */
export function keptTokens(logits: Float32Array, temperature: number, truncation: Truncation): number[] {
  // Without a function that compares, a typed array is sorted many times as fast.
  const descending = logits
    .filter((logit) => logit > Number.NEGATIVE_INFINITY)
    .sort()
    .reverse();
  const count = keptCount(descending, temperature, truncation);
  const least = descending[count - 1] ?? Number.POSITIVE_INFINITY;
  const above = descending.indexOf(least);
  const kept: number[] = [];
  let ties = count - above;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] ?? Number.NEGATIVE_INFINITY;
    if (logit > least || (logit === least && ties-- > 0)) kept.push(token);
  }
  return kept;
}

function keptCount(
  descending: Float32Array,
  temperature: number,
  { topK = descending.length, topP = 1, minP = 0 }: Truncation,
): number {
  const candidates = descending.subarray(0, topK);
  const largest = candidates[0] ?? 0;
  const weights = Float64Array.from(candidates, (logit) => Math.exp((logit - largest) / temperature));
  let count = topP === 1 ? weights.length : nucleusSize(weights, topP);
  // The largest weight is 1.
  while (count > 1 && (weights[count - 1] ?? 0) < minP) count--;
  return count;
}

function nucleusSize(weights: Float64Array, topP: number): number {
  const wanted = topP * weights.reduce((sum, weight) => sum + weight, 0);
  let running = 0;
  for (const [index, weight] of weights.entries()) {
    running += weight;
    if (running >= wanted) return index + 1;
  }
  return weights.length;
}
