/** The benchmark's 1,000 real products as an environment: synthetic goals, those to test on apart from those to train on. */
import {
  assertNoLeak,
  ConfigurationError,
  createAnswerFinder,
  findSharedAnswers,
  type GoalSplits,
  loadCatalogue,
  openShop,
  type Split,
  splitByAnswer,
  syntheticGoals,
  type WebShopEnvironment,
  webshop,
} from "../../src/index.ts";

export interface RealShopOptions {
  /** Folder with `items_shuffle*.json` and `items_ins_v2*.json`, as WebShop's own download script fetches them. */
  readonly data: string;
  /** Fixes price limits, prices of products with a price range, and which goals are used for what. */
  readonly seed: number;
  /** Goals of each split; 399 of the 1,000 products have one that can be won and that at most 3 products win. */
  readonly sizes: Readonly<Record<Split, number>>;
}

export interface RealShop {
  readonly environment: WebShopEnvironment;
  readonly goals: GoalSplits;
}

/** Goals that more products than this can win are left out: a shopper would win them by luck. */
const maximumAnswers = 3;

/**
 * At most one goal per product, and every goal can be won. Splits share no product, no wording, and no answer: a
 * product that may win a goal of one split wins none of another. This is checked each time, by the engine's reward.
 */
export function realShop({ data, seed, sizes }: RealShopOptions): RealShop {
  const catalogue = loadCatalogue(data);
  const finder = createAnswerFinder(openShop(catalogue, { seed }));
  const goals = splitByAnswer(syntheticGoals(catalogue, { seed }), finder, { seed, sizes, maximumAnswers });
  assertNoLeak(goals);
  const shared = findSharedAnswers(goals, finder).find((pair) => pair.goals > 0);
  if (shared !== undefined) {
    throw new ConfigurationError(
      `${shared.goals} goals of ${shared.split} can be won with a product that also wins a goal of ${shared.other}`,
    );
  }
  return { environment: webshop({ catalogue, goals, seed }), goals };
}
