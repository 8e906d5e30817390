/** Which tokens may be chosen: only these, or all but these. */
export type TokenConstraint =
  | { readonly kind: "only"; readonly tokens: readonly number[] }
  | { readonly kind: "not"; readonly tokens: readonly number[] };

export interface ChosenToken {
  readonly token: number;
  /** Natural logarithm of the token's probability at temperature 1 among all tokens, whatever may be chosen. */
  readonly logProbability: number;
}

/**
 * Draws a token with probability proportional to exp(logit / temperature), among those that the constraint leaves.
 * All sums are in float64 and in the order of the ids, so equal logits and draws give equal tokens everywhere.
 * @param logits One number per token of the vocabulary.
 * @param temperature At least 0; 0 takes the largest logit (of equal ones, the lowest id).
 * @param draw In [0, 1).
 * @throws RangeError if the constraint leaves no token or a logit is not a number.
 */
export function chooseToken(
  logits: Float32Array,
  temperature: number,
  draw: number,
  constraint: TokenConstraint,
): ChosenToken {
  const candidates = constraint.kind === "only" ? constraint.tokens : undefined;
  const excluded = constraint.kind === "not" ? constraint.tokens : [];
  const token =
    temperature === 0
      ? largest(logits, candidates, excluded)
      : sample(logits, temperature, draw, candidates, excluded);
  return { token, logProbability: logProbabilityOf(logits, token) };
}

function largest(
  logits: Float32Array,
  candidates: readonly number[] | undefined,
  excluded: readonly number[],
): number {
  let best = -1;
  let bestLogit = Number.NEGATIVE_INFINITY;
  const consider = (token: number, logit: number): void => {
    if (logit < bestLogit || (logit === bestLogit && best >= 0 && token > best)) return;
    if (Number.isNaN(logit)) throw new RangeError(`the logit of token ${token} is not a number`);
    if (excluded.includes(token)) return;
    best = token;
    bestLogit = logit;
  };
  if (candidates === undefined)
    for (let token = 0; token < logits.length; token++) consider(token, logits[token] ?? 0);
  else for (const token of candidates) consider(token, logits[token] ?? Number.NEGATIVE_INFINITY);
  if (best < 0) throw new RangeError("the constraint leaves no token to choose");
  return best;
}

function sample(
  logits: Float32Array,
  temperature: number,
  draw: number,
  candidates: readonly number[] | undefined,
  excluded: readonly number[],
): number {
  // Subtracting the largest logit among the candidates keeps every exponential in [0, 1] and one of them at 1.
  const mode = largest(logits, candidates, excluded);
  const maximum = logits[mode] ?? 0;
  const count = candidates?.length ?? logits.length;
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const token = candidates?.[i] ?? i;
    weights[i] = Math.exp(((logits[token] ?? Number.NEGATIVE_INFINITY) - maximum) / temperature);
  }
  for (const token of excluded) weights[token] = 0;
  let total = 0;
  for (const weight of weights) total += weight;
  let remaining = draw * total;
  for (let i = 0; i < count; i++) {
    remaining -= weights[i] ?? 0;
    if (remaining < 0) return candidates?.[i] ?? i;
  }
  // Rounding left a remainder beyond the last weight.
  return mode;
}

function logProbabilityOf(logits: Float32Array, token: number): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > maximum) maximum = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - maximum);
  return (logits[token] ?? Number.NaN) - maximum - Math.log(total);
}
