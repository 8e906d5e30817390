import { ConfigurationError } from "../../../errors.ts";
import type { Random } from "../../../random.ts";

/**
 * Draws an index with probability proportional to its weight. Throws a ConfigurationError where no weight is
 * positive or one is negative; `name` tells which option it came from.
 */
export function drawIndex(random: Random, weights: readonly number[], name: string): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || weights.some((weight) => weight < 0)) {
    throw new ConfigurationError(
      `${name}: expected weights of at least 0, one of them positive, got [${weights}]`,
    );
  }
  let rest = random.next() * total;
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return index;
  }
  return weights.findLastIndex((weight) => weight > 0);
}
