import { defineCommand } from "citty";
import {
  findOverlaps,
  type GoalSplits,
  humanGoals,
  loadCatalogue,
  type Overlap,
  splitByIndex,
  splitByProduct,
  syntheticGoals,
} from "../environment/webshop/index.ts";
import { EefError } from "../errors.ts";

export const webshopSplitsCommand = defineCommand({
  meta: { description: "Count the goals of each split, and what the splits have in common" },
  args: {
    data: {
      type: "string",
      description: "Directory with the benchmark's files",
      valueHint: "DIR",
      required: true,
    },
    goals: { type: "string", description: "human or synthetic", default: "human", valueHint: "KIND" },
    by: {
      type: "string",
      description: "index, as the benchmark splits its goals, or product, which keeps a product on one side",
      default: "index",
      valueHint: "RULE",
    },
    test: { type: "string", description: "Goals to test on", default: "500", valueHint: "N" },
    validation: { type: "string", description: "Goals to validate on", default: "1000", valueHint: "N" },
    train: {
      type: "string",
      description: "Goals to train on, with --by product; all others if absent",
      valueHint: "N",
    },
    "goals-per-product": {
      type: "string",
      description: "At most so many, with --by product",
      valueHint: "N",
    },
    seed: {
      type: "string",
      description: "Fixes price limits and the split by product",
      default: "0",
      valueHint: "N",
    },
    json: { type: "boolean", description: "Print the counts as JSON" },
  },
  run: ({ args }) => {
    const catalogue = loadCatalogue(args.data);
    const seed = wholeNumber("seed", args.seed);
    const makeGoals = oneOf("goals", args.goals, { human: humanGoals, synthetic: syntheticGoals });
    const goals = makeGoals(catalogue, { seed });
    const sizes = {
      test: wholeNumber("test", args.test),
      validation: wholeNumber("validation", args.validation),
    };
    const perProduct = args["goals-per-product"];
    const split = oneOf("by", args.by, {
      index: () => splitByIndex(goals, sizes),
      product: () =>
        splitByProduct(goals, {
          ...sizes,
          seed,
          ...(args.train === undefined ? {} : { train: wholeNumber("train", args.train) }),
          ...(perProduct === undefined
            ? {}
            : { goalsPerProduct: wholeNumber("goals-per-product", perProduct) }),
        }),
    });
    const splits = split();
    const overlaps = findOverlaps(splits);
    console.log(
      args.json
        ? json(catalogue.asins.length, splits, overlaps)
        : lines(catalogue.asins.length, splits, overlaps),
    );
  },
});

function lines(
  products: number,
  { train, validation, test }: GoalSplits,
  overlaps: readonly Overlap[],
): string {
  const leaks = overlaps.reduce((sum, { sameProduct, sameWords }) => sum + sameProduct + sameWords, 0);
  return [
    `${products} products; goals: ${train.length} train, ${validation.length} validation, ${test.length} test`,
    ...overlaps.map(
      ({ split, other, sameProduct, sameWords }) =>
        `${split} goals whose product ${other} has too: ${sameProduct}; whose words ${other} has too: ${sameWords}`,
    ),
    leaks === 0
      ? "No product and no wording is in two splits."
      : "The splits share products or wordings; --by product keeps them apart.",
  ].join("\n");
}

function json(
  products: number,
  { train, validation, test }: GoalSplits,
  overlaps: readonly Overlap[],
): string {
  const goals = { train: train.length, validation: validation.length, test: test.length };
  return JSON.stringify({ products, goals, overlaps }, null, 2);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new EefError(`--${name}: expected a whole number, got ${JSON.stringify(text)}.`);
}

function oneOf<T>(name: string, given: string, choices: Readonly<Record<string, T>>): T {
  const chosen = Object.hasOwn(choices, given) ? choices[given] : undefined;
  if (chosen !== undefined) return chosen;
  throw new EefError(
    `--${name}: expected ${Object.keys(choices).join(" or ")}, got ${JSON.stringify(given)}.`,
  );
}
