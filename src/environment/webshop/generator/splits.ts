import { ConfigurationError } from "../../../errors.ts";
import { createRandom, deriveSeed, type Random } from "../../../random.ts";
import { type Split, splitSchema } from "../../../trajectory.ts";
import type { Goal } from "../goal.ts";
import type { AnswerFinder } from "./answers.ts";
import { drawIndex } from "./weights.ts";

export type SplitSizes = Readonly<Record<Split, number>>;
export type GoalSplits = Readonly<Record<Split, readonly Goal[]>>;

export interface SplitOptions {
  readonly seed: number;
  readonly sizes: SplitSizes;
  /** Goals that more products than this may answer are left out: they would be easy by luck. Default: no limit. */
  readonly maximumAnswers?: number;
}

/**
 * Draws winnable goals, at most one per product and no instruction twice, into splits that share nothing: no product that may answer a goal
 * of one split may answer a goal of another.
 *
 * @throws ConfigurationError if the catalogue has too few such goals
 */
export function splitGoals(goals: readonly Goal[], finder: AnswerFinder, options: SplitOptions): GoalSplits {
  const { seed, sizes, maximumAnswers = Number.POSITIVE_INFINITY } = options;
  const random = createRandom(deriveSeed("webshop-splits", seed));
  const splits: Record<Split, Goal[]> = { train: [], validation: [], test: [] };
  const missing = (split: Split) => sizes[split] - splits[split].length;
  const owners = new Map<string, Split>();
  const instructions = new Set<string>();
  for (const goal of oneGoalPerProduct(goals, random)) {
    if (splitSchema.options.every((split) => missing(split) <= 0)) break;
    if (instructions.has(goal.instruction) || !finder.isWinnable(goal)) continue;
    const answers = finder.answers(goal);
    if (answers.length > maximumAnswers) continue;
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

/** What two splits have in common; all counts are 0 for splits made by `splitGoals`. */
export interface SplitOverlap {
  readonly splits: readonly [Split, Split];
  /** Goals of the second split whose instruction stands in the first one word for word. */
  readonly sameInstruction: number;
  /** Goals of the second split that were written for a product of the first one. */
  readonly sameProduct: number;
  /** Goals of the second split that a product which may answer a goal of the first one may answer too. */
  readonly sharedAnswer: number;
}

/** Proves that splits share nothing, or counts what they share, for goals of any origin. */
export function measureOverlap(goals: GoalSplits, finder: AnswerFinder): SplitOverlap[] {
  const pairs: readonly (readonly [Split, Split])[] = [
    ["train", "validation"],
    ["train", "test"],
    ["validation", "test"],
  ];
  const answersOf = memoisedAnswers(finder);
  return pairs.map((splits) => {
    const [first, second] = [goals[splits[0]], goals[splits[1]]];
    const instructions = new Set(first.map(({ instruction }) => instruction));
    const products = new Set(first.map(({ asin }) => asin));
    const answers = new Set(first.flatMap(answersOf));
    return {
      splits,
      sameInstruction: second.filter(({ instruction }) => instructions.has(instruction)).length,
      sameProduct: second.filter(({ asin }) => products.has(asin)).length,
      sharedAnswer: second.filter((goal) => answersOf(goal).some((asin) => answers.has(asin))).length,
    };
  });
}

function memoisedAnswers(finder: AnswerFinder): (goal: Goal) => readonly string[] {
  const known = new Map<Goal, readonly string[]>();
  return (goal) => {
    const answers = known.get(goal) ?? finder.answers(goal);
    known.set(goal, answers);
    return answers;
  };
}
