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
 * @param temperature At least 0; 0 takes the largest logit (of equal ones, the first).
 * @param draw In [0, 1).
 * @throws RangeError if the constraint leaves no token or a logit is not a number.
 */
export function chooseToken(
  logits: Float32Array,
  temperature: number,
  draw: number,
  constraint: TokenConstraint,
): ChosenToken {
  const maximum = largest(logits);
  const weights = exponentials(logits, maximum, 1);
  const logTotal = Math.log(sum(weights));
  if (Number.isNaN(logTotal)) throw new RangeError("a logit is not a number");

  const allowed = constrained(logits, constraint);
  const best = largest(allowed);
  if (best === Number.NEGATIVE_INFINITY) throw new RangeError("the constraint leaves no token to choose");
  let token = allowed.indexOf(best);
  if (temperature === 1 && best === maximum && constraint.kind === "not") {
    // The usual case needs no second pass of exponentials, which are most of the time spent here.
    for (const excluded of constraint.tokens) weights[excluded] = 0;
    token = drawn(weights, draw) ?? token;
  } else if (temperature > 0) {
    // Relative to the largest logit that is allowed, every exponential is in [0, 1] and one of them is 1.
    token = drawn(exponentials(allowed, best, temperature), draw) ?? token;
  }
  return { token, logProbability: (logits[token] ?? Number.NaN) - maximum - logTotal };
}

/** The logits with minus infinity for every token that may not be chosen. */
function constrained(logits: Float32Array, { kind, tokens }: TokenConstraint): Float32Array {
  const result =
    kind === "not" ? logits.slice() : new Float32Array(logits.length).fill(Number.NEGATIVE_INFINITY);
  for (const token of tokens)
    result[token] = kind === "not" ? Number.NEGATIVE_INFINITY : (logits[token] ?? 0);
  return result;
}

function largest(values: Float32Array): number {
  let result = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > result) result = value;
  }
  return result;
}

function exponentials(logits: Float32Array, maximum: number, temperature: number): Float64Array {
  const result = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) result[i] = Math.exp(((logits[i] ?? 0) - maximum) / temperature);
  return result;
}

function sum(values: Float64Array): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result += values[i] ?? 0;
  return result;
}

/** The first index at which the running sum exceeds the drawn part of the total, unless rounding hides it. */
function drawn(weights: Float64Array, draw: number): number | undefined {
  const wanted = draw * sum(weights);
  let running = 0;
  for (let i = 0; i < weights.length; i++) {
    running += weights[i] ?? 0;
    if (running > wanted) return i;
  }
  return undefined;
}
