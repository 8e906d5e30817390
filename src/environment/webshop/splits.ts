import { EefError } from "../../errors.ts";
import { createRandom, deriveSeed } from "../../random.ts";
import type { Split } from "../../trajectory.ts";
import type { Goal } from "./goal.ts";

/** Goals by what they are used for. */
export type GoalSplits = Readonly<Record<Split, readonly Goal[]>>;

/** The benchmark's splits of its 12,087 human goals: the first 500 test, the next 1,000 validate, the rest train. */
export function splitByIndex(
  goals: readonly Goal[],
  { test = 500, validation = 1000 }: { readonly test?: number; readonly validation?: number } = {},
): GoalSplits {
  return {
    test: goals.slice(0, test),
    validation: goals.slice(test, test + validation),
    train: goals.slice(test + validation),
  };
}

export interface ProductSplitOptions {
  /** Goals wanted in each split; what is left after test and validation trains if `train` is absent. */
  readonly test: number;
  readonly validation: number;
  readonly train?: number;
  /** At most so many goals of one product; all if absent. The benchmark has one for each choice of options. */
  readonly goalsPerProduct?: number;
  readonly seed?: number;
}

/**
 * Splits such that all goals of a product, and all goals with the same words, are on one side. Products are
 * shuffled by the seed and dealt to test, validation and train in turn, until each is full; a product whose goals
 * would overfill a split gives as many as there is room for.
 */
export function splitByProduct(goals: readonly Goal[], options: ProductSplitOptions): GoalSplits {
  const { test, validation, train = Number.POSITIVE_INFINITY, goalsPerProduct, seed = 0 } = options;
  const splits = { test: [] as Goal[], validation: [] as Goal[], train: [] as Goal[] };
  const sizes = { test, validation, train };
  const random = createRandom(deriveSeed("webshop-split", seed));
  const families = random.shuffle(familiesOf(goals));
  for (const name of ["test", "validation", "train"] as const) {
    while (splits[name].length < sizes[name]) {
      const family = families.pop();
      if (family === undefined) break;
      const chosen = chooseOfEachProduct(family, goalsPerProduct, random.shuffle);
      splits[name].push(...chosen.slice(0, sizes[name] - splits[name].length));
    }
  }
  return splits;
}

function chooseOfEachProduct(
  family: readonly Goal[],
  count: number | undefined,
  shuffle: (goals: readonly Goal[]) => Goal[],
): readonly Goal[] {
  if (count === undefined) return family;
  return [...Map.groupBy(shuffle(family), (goal) => goal.asin).values()].flatMap((goals) =>
    goals.slice(0, count),
  );
}

/** Goals that share a product or their words, directly or through others. */
function familiesOf(goals: readonly Goal[]): readonly (readonly Goal[])[] {
  const parents = goals.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    for (let parent = parents[root] ?? root; parent !== root; parent = parents[root] ?? root) root = parent;
    parents[index] = root;
    return root;
  };
  const firstWith = new Map<string, number>();
  for (const [index, goal] of goals.entries()) {
    for (const key of [`product ${goal.asin}`, `words ${wordsOf(goal)}`]) {
      const first = firstWith.get(key);
      if (first === undefined) firstWith.set(key, index);
      else parents[rootOf(index)] = rootOf(first);
    }
  }
  return [...Map.groupBy(goals.keys(), rootOf).values()].map((indices) =>
    indices.map((index) => goals[index]).filter((goal) => goal !== undefined),
  );
}

/** An instruction without its price limit, case and spacing. */
function wordsOf({ instruction }: Goal): string {
  return instruction
    .replace(/, and price lower than [\d.]+ dollars$/, "")
    .toLowerCase()
    .split(/\s+/)
    .join(" ");
}

/** Goals of one split that have something in common with another split. */
export interface Overlap {
  readonly split: Split;
  readonly other: Split;
  /** Goals of `split` for a product that a goal of `other` is for. */
  readonly sameProduct: number;
  /** Goals of `split` whose words, the price limit apart, are those of a goal of `other`. */
  readonly sameWords: number;
}

/** What test shares with train and validation, and validation with train. */
export function findOverlaps(splits: GoalSplits): readonly Overlap[] {
  const pairs: readonly (readonly [Split, Split])[] = [
    ["test", "train"],
    ["test", "validation"],
    ["validation", "train"],
  ];
  return pairs.map(([split, other]) => ({
    split,
    other,
    sameProduct: countIn(splits[split], splits[other], (goal) => goal.asin),
    sameWords: countIn(splits[split], splits[other], wordsOf),
  }));
}

function countIn(goals: readonly Goal[], others: readonly Goal[], keyOf: (goal: Goal) => string): number {
  const keys = new Set(others.map(keyOf));
  return goals.filter((goal) => keys.has(keyOf(goal))).length;
}

/** @throws EefError if a test or validation goal shares its product or its words with a training goal, or with each other */
export function assertNoLeak(splits: GoalSplits): void {
  const leak = findOverlaps(splits).find(({ sameProduct, sameWords }) => sameProduct + sameWords > 0);
  if (leak === undefined) return;
  throw new EefError(
    `${leak.sameProduct} goals of ${leak.split} are for a product that ${leak.other} has a goal for, ${leak.sameWords} have the words of one`,
    { hint: "splitByProduct keeps such goals on one side." },
  );
}
