import { ConfigurationError } from "../../../errors.ts";
import { createRandom, deriveSeed, type Random } from "../../../random.ts";
import { type Split, splitSchema } from "../../../trajectory.ts";
import type { Goal } from "../goal.ts";
import type { GoalSplits } from "../splits.ts";
import type { AnswerFinder } from "./answers.ts";
import { drawIndex } from "./weights.ts";

export type SplitSizes = Readonly<Record<Split, number>>;

export interface AnswerSplitOptions {
  readonly seed: number;
  readonly sizes: SplitSizes;
  /** Goals that more products than this may answer are left out: they would be easy by luck. Default: no limit. */
  readonly maximumAnswers?: number;
  /** Goals that it refuses are left out. Default: accepts all. */
  readonly accepts?: (goal: Goal) => boolean;
}

/**
 * Draws winnable goals, at most one per product and no instruction twice, into splits that share nothing: no product that may answer a goal
 * of one split may answer a goal of another.
 *
 * @throws ConfigurationError if the catalogue has too few such goals
 */
export function splitByAnswer(
  goals: readonly Goal[],
  finder: AnswerFinder,
  options: AnswerSplitOptions,
): GoalSplits {
  const { seed, sizes, maximumAnswers = Number.POSITIVE_INFINITY, accepts = () => true } = options;
  const random = createRandom(deriveSeed("webshop-splits", seed));
  const splits: Record<Split, Goal[]> = { train: [], validation: [], test: [] };
  const missing = (split: Split) => sizes[split] - splits[split].length;
  const owners = new Map<string, Split>();
  const instructions = new Set<string>();
  for (const goal of oneGoalPerProduct(goals, random)) {
    if (splitSchema.options.every((split) => missing(split) <= 0)) break;
    if (instructions.has(goal.instruction) || !finder.isWinnable(goal)) continue;
    const answers = finder.answers(goal);
    if (answers.length > maximumAnswers || !accepts(goal)) continue;
    const claimed = new Set(answers.map((asin) => owners.get(asin)).filter((split) => split !== undefined));
    const [owner = drawSplit(random, missing)] = claimed;
    if (claimed.size > 1 || missing(owner) <= 0) continue;
    splits[owner].push(goal);
    instructions.add(goal.instruction);
    for (const asin of answers) owners.set(asin, owner);
  }
  for (const split of splitSchema.options) {
    if (missing(split) <= 0) continue;
    throw new ConfigurationError(
      `expected ${sizes[split]} ${split} goals, the catalogue has only ${splits[split].length} that share no answer with another split`,
      { hint: "More products, fewer goals, or a higher maximumAnswers give more." },
    );
  }
  return splits;
}

/** Products in random order, and for each a random one of its goals. */
function oneGoalPerProduct(goals: readonly Goal[], random: Random): Goal[] {
  const byProduct = Map.groupBy(goals, ({ asin }) => asin);
  return random.shuffle([...byProduct.values()]).map((ofProduct) => random.pick(ofProduct));
}

/** A split that still misses goals, with probability proportional to how many. */
function drawSplit(random: Random, missing: (split: Split) => number): Split {
  const index = drawIndex(
    random,
    splitSchema.options.map((split) => Math.max(missing(split), 0)),
    "sizes",
  );
  return splitSchema.options[index] ?? "train";
}

/** Two splits, and how many goals of the first a product may win that may also win a goal of the second. */
export interface SharedAnswers {
  readonly split: Split;
  readonly other: Split;
  readonly goals: number;
}

/** Proves that splits share no answer, or counts what they share, for goals of any origin. */
export function findSharedAnswers(splits: GoalSplits, finder: AnswerFinder): readonly SharedAnswers[] {
  const answers = new Map(
    splitSchema.options.map((split) => [split, splits[split].map((goal) => finder.answers(goal))]),
  );
  const pairs: readonly (readonly [Split, Split])[] = [
    ["test", "train"],
    ["test", "validation"],
    ["validation", "train"],
  ];
  return pairs.map(([split, other]) => {
    const others = new Set(answers.get(other)?.flat());
    const sharing = (answers.get(split) ?? []).filter((asins) => asins.some((asin) => others.has(asin)));
    return { split, other, goals: sharing.length };
  });
}
