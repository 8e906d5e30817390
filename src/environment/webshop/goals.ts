import { createRandom, deriveSeed } from "../../random.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Goal, GoalOption } from "./goal.ts";
import type { OptionGroup, Product } from "./product.ts";
import { compareCodePoints } from "./python-text.ts";
import { drawnPrice } from "./shop.ts";
import { createPythonRandom } from "./text/python-random.ts";

export interface GoalOptions {
  /** Fixes the draws of price limits, and the prices of products with a price range; the shop's should be the same. */
  readonly seed?: number;
}

/**
 * The goals that people wrote, in the benchmark's order: 12,087 for the full catalogue, 13 for its 1,000 products.
 * Instructions without attributes are left out.
 */
export function humanGoals(catalogue: Catalogue, { seed = 0 }: GoalOptions = {}): readonly Goal[] {
  const goals: Goal[] = [];
  for (const asin of catalogue.asins) {
    for (const [index, written] of catalogue.humanInstructions(asin).entries()) {
      const product = catalogue.product(asin);
      if (product === undefined || written.instruction_attributes.length === 0) continue;
      const limit = drawLimit(drawnPrice(product.prices, seed, asin), [seed, asin, index]);
      goals.push({
        ...goalFor(product),
        instruction: written.instruction.replace(/^\.+|\.+$/g, "") + limit.text,
        attributes: written.instruction_attributes,
        options: written.instruction_options.map((value) => ({ value })),
        priceUpper: limit.priceUpper,
        weight: 1,
      });
    }
  }
  return inBenchmarkOrder(goals);
}

/**
 * The goals that the benchmark generates, in its order: one for every product with an instruction and every
 * combination of its options. A goal's weight is the mean over its attributes of 1 / (goals with that attribute).
 */
export function syntheticGoals(catalogue: Catalogue, { seed = 0 }: GoalOptions = {}): readonly Goal[] {
  const goals = catalogue.products().flatMap((product) => syntheticGoalsOf(product, seed));
  const unweighted = [...goals];
  const counts = new Map<string, number>();
  for (const attribute of unweighted.flatMap((goal) => goal.attributes)) {
    counts.set(attribute, (counts.get(attribute) ?? 0) + 1);
  }
  return inBenchmarkOrder(
    unweighted.map((goal) => ({
      ...goal,
      weight: mean(goal.attributes.map((name) => 1 / (counts.get(name) ?? 1))),
    })),
  );
}

function syntheticGoalsOf(product: Product, seed: number): Goal[] {
  const { instruction, asin } = product;
  if (instruction === undefined) return [];
  const limit = drawLimit(drawnPrice(product.prices, seed, asin), [seed, asin]);
  const groups = product.options.toSorted((a, b) => compareCodePoints(a.name, b.name));
  return combinations(groups).map((options) => ({
    ...goalFor(product),
    instruction: `${instruction.text}${optionText(options)}${limit.text}`,
    attributes: instruction.attributes,
    options,
    priceUpper: limit.priceUpper,
    weight: 1,
  }));
}

function goalFor(product: Product) {
  const { asin, category, query, title, productCategory } = product;
  return { asin, category, query, title, productCategory };
}

/** Every choice of one value from each group; the last group varies fastest. */
function combinations(groups: readonly OptionGroup[]): GoalOption[][] {
  return groups.reduce<GoalOption[][]>(
    (chosen, { name, values }) =>
      chosen.flatMap((options) => values.map((value) => [...options, { name, value }])),
    [[]],
  );
}

function optionText(options: readonly GoalOption[]): string {
  if (options.length === 0) return "";
  return ` with ${options.map(({ name, value }) => `${name}: ${value}`).join(", and ")}`;
}

/** What the benchmark takes for "no limit". */
const noLimit = { priceUpper: 1_000_000, text: "" };

/**
 * Of the first four multiples of ten above the price, up to 990, two are drawn and the larger is the limit. The
 * benchmark draws anew in every process; we draw from a seed.
 */
function drawLimit(price: number, seed: readonly (string | number)[]): { priceUpper: number; text: string } {
  const first = 10 * (Math.floor(price / 10) + 1);
  const candidates = [first, first + 10, first + 20, first + 30].filter((limit) => limit <= 990);
  if (candidates.length < 2) return noLimit;
  const priceUpper = Math.max(
    ...createRandom(deriveSeed("webshop-price-limit", ...seed)).sample(candidates, 2),
  );
  return { priceUpper, text: `, and price lower than ${priceUpper.toFixed(2)} dollars` };
}

/** The benchmark shuffles its goals once, with Python's generator and this seed. */
function inBenchmarkOrder(goals: readonly Goal[]): readonly Goal[] {
  const shuffled = [...goals];
  createPythonRandom(233).shuffle(shuffled);
  return shuffled;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
