import { z } from "zod";
import { createCatalogue } from "../catalogue.ts";
import { type WebShopEnvironment, webshop } from "../environment.ts";
import { syntheticGoals } from "../goals.ts";
import { openShop } from "../shop.ts";
import type { GoalSplits } from "../splits.ts";
import { createAnswerFinder } from "./answers.ts";
import { generateCatalogue } from "./catalogue.ts";
import { describeTask, goalDifficulty } from "./describe-task.ts";
import { catalogueOptionsSchema } from "./options.ts";
import { splitByAnswer } from "./splits.ts";

const size = z.number().int().min(0);

export const defaultTaskOptionsSchema = z.strictObject({
  /** Size and difficulty of the catalogue. */
  catalogue: catalogueOptionsSchema.omit({ seed: true }).prefault({}),
  /** Fixes the catalogue, the price limits, and which goals are used for what. */
  seed: z.number().int().min(0).default(1),
  /** Goals of each split. */
  goals: z
    .strictObject({ train: size.default(200), validation: size.default(100), test: size.default(200) })
    .prefault({}),
  /** Goals that more products than this can win are left out: a shopper would win them by luck. */
  maximumAnswers: z.number().int().min(1).default(3),
  /**
   * Goals with more look-alikes than this before the first winning product are left out: no shopper could look at
   * them all within 15 steps.
   */
  maximumLookAlikes: z.number().int().min(0).default(4),
});
export type DefaultTaskOptions = z.input<typeof defaultTaskOptionsSchema>;

export interface DefaultTask {
  readonly environment: WebShopEnvironment;
  readonly goals: GoalSplits;
  /** Sizes, difficulty and what the splits share (nothing), as a text for people. Takes a second. */
  describe(): string;
}

/**
 * The shop that `npm start` and `npm run reproduce` train on, see `docs/default-task.md`: generated products, the
 * benchmark's synthetic goals for them, one goal per product, in splits that share neither products nor answers.
 *
 * @throws ConfigurationError if the catalogue has too few goals
 */
export function createDefaultTask(options: DefaultTaskOptions = {}): DefaultTask {
  const resolved = defaultTaskOptionsSchema.parse(options);
  const { seed, maximumAnswers, maximumLookAlikes } = resolved;
  const catalogue = createCatalogue(generateCatalogue({ ...resolved.catalogue, seed }));
  const shop = openShop(catalogue, { seed });
  const finder = createAnswerFinder(shop);
  const goals = splitByAnswer(syntheticGoals(catalogue, { seed }), finder, {
    seed,
    sizes: resolved.goals,
    maximumAnswers,
    accepts: (goal) => {
      const { page, lookAlikes } = goalDifficulty(shop, finder, goal);
      return page !== undefined && lookAlikes <= maximumLookAlikes;
    },
  });
  return {
    environment: webshop({ catalogue, goals, seed }),
    goals,
    describe: () => describeTask(shop, finder, goals),
  };
}
