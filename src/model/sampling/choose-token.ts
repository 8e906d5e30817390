import { exponentialsInto } from "./exponential.ts";
import { keptTokens, type Truncation } from "./truncation.ts";

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
 * @param truncation Leaves out the unlikely ones of the tokens that the constraint leaves. Default: none.
 * @throws RangeError if the constraint leaves no token or a logit is not a number.
 */
export function chooseToken(
  logits: Float32Array,
  temperature: number,
  draw: number,
  constraint: TokenConstraint,
  truncation?: Truncation,
): ChosenToken {
  const maximum = largest(logits);
  const atOne = exponentials(logits, maximum, 1);
  const total = sum(atOne);
  if (!(total >= 1)) throw new RangeError("a logit is not a number");
  let token: number | undefined;
  if (temperature > 0 && constraint.kind === "not" && truncation === undefined) {
    const weights = temperature === 1 ? atOne : exponentials(logits, maximum, temperature);
    token = drawnBut(weights, draw, constraint.tokens);
  }
  token ??= chooseAmong(logits, temperature, draw, constraint, truncation);
  return { token, logProbability: (logits[token] ?? Number.NaN) - maximum - Math.log(total) };
}

/**
 * The `count` likeliest tokens, likeliest first; of equal ones, the smaller id first.
 * @param isToken Whether an id is one: a model may have logits for ids that no token has.
 */
export function likeliestTokens(
  logits: Float32Array,
  count: number,
  isToken: (id: number) => boolean,
): ChosenToken[] {
  if (count === 0) return [];
  const maximum = largest(logits);
  const logTotal = Math.log(sum(exponentials(logits, maximum, 1)));
  const best: { readonly token: number; readonly logit: number }[] = [];
  for (const [token, logit] of logits.entries()) {
    if (best.length === count && logit <= (best.at(-1)?.logit ?? Number.NEGATIVE_INFINITY)) continue;
    if (!isToken(token)) continue;
    const place = best.findIndex((other) => logit > other.logit);
    best.splice(place === -1 ? best.length : place, 0, { token, logit });
    if (best.length > count) best.pop();
  }
  return best.map(({ token, logit }) => ({ token, logProbability: logit - maximum - logTotal }));
}

/**
 * The usual case, where little of the probability is excluded: without a copy of the logits.
 * @param weights The exponentials; overwritten.
 */
function drawnBut(weights: Float64Array, draw: number, excluded: readonly number[]): number | undefined {
  const total = sum(weights);
  let left = total;
  for (const token of excluded) {
    left -= weights[token] ?? 0;
    weights[token] = 0;
  }
  // If the excluded tokens had most of the probability, too little of the precision is left.
  return left > total / 2 ? indexAt(weights, draw * left) : undefined;
}

function chooseAmong(
  logits: Float32Array,
  temperature: number,
  draw: number,
  { kind, tokens }: TokenConstraint,
  truncation: Truncation | undefined,
): number {
  const allowed =
    kind === "not" ? logits.slice() : new Float32Array(logits.length).fill(Number.NEGATIVE_INFINITY);
  for (const token of tokens)
    allowed[token] = kind === "not" ? Number.NEGATIVE_INFINITY : (logits[token] ?? 0);
  const best = largest(allowed);
  if (best === Number.NEGATIVE_INFINITY) throw new RangeError("the constraint leaves no token to choose");
  const mode = allowed.indexOf(best);
  if (temperature === 0) return mode;
  if (truncation !== undefined) {
    const only = keptTokens(allowed, temperature, truncation);
    return chooseAmong(allowed, temperature, draw, { kind: "only", tokens: only }, undefined);
  }
  // Relative to the largest logit that is allowed, every exponential is in [0, 1] and one of them is 1.
  const weights = exponentials(allowed, best, temperature);
  return indexAt(weights, draw * sum(weights)) ?? mode;
}

function largest(values: Float32Array): number {
  let result = Number.NEGATIVE_INFINITY;
  // Going through a typed array by index is eight times as fast as by its iterator.
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > result) result = value;
  }
  return result;
}

/** Where all exponentials are computed. Allocating anew for every token would keep the garbage collector busy. */
let workspace = new Float64Array(0);

/** The exponentials relative to the maximum; they are overwritten by the next call. */
function exponentials(logits: Float32Array, maximum: number, temperature: number): Float64Array {
  if (workspace.length !== logits.length) workspace = new Float64Array(logits.length);
  exponentialsInto(workspace, logits, maximum, temperature);
  return workspace;
}

function sum(values: Float64Array): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result += values[i] ?? 0;
  return result;
}

/** The first index at which the running sum exceeds `wanted`, unless rounding hides it. */
function indexAt(weights: Float64Array, wanted: number): number | undefined {
  let running = 0;
  for (let i = 0; i < weights.length; i++) {
    running += weights[i] ?? 0;
    if (running > wanted) return i;
  }
  return undefined;
}
