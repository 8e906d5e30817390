import { colours } from "./colours.ts";
import type { Goal, GoalOption } from "./goal.ts";
import type { ProductView } from "./product-view.ts";
import { pythonStrip } from "./python-text.ts";
import { pythonTuple } from "./text/python-format.ts";
import { tokenSetRatio } from "./text/token-set-ratio.ts";

/** A purchase's reward and the parts it is made of. */
export interface RewardParts {
  /** In [0, 1]. */
  readonly reward: number;
  /** Factor for the kind of product: 1, 0.5, 0.1 or 0. */
  readonly type: number;
  /** Share of the goal's nouns that stand in the product's title, in [0, 1]. */
  readonly titleScore: number;
  readonly queryMatches: boolean;
  readonly categoryMatches: boolean;
  /** How many of the goal's attributes and options the purchase has. */
  readonly attributeHits: number;
  readonly optionHits: number;
  readonly priceFits: boolean;
}

/** A purchase to be judged. */
export interface Purchase {
  readonly view: ProductView;
  readonly price: number;
  /** Values of the chosen options. */
  readonly options: readonly string[];
}

/** The nouns of a title, lower case, in order and with repetitions. */
export type NounTagger = (title: string) => readonly string[];

/** Above this token set ratio, two attributes or options count as the same. */
const sameText = 85;

/** WebShop's reward (Yao et al. 2022, section 3.1 and the benchmark's code). */
export function rewardOf({ view, price, options }: Purchase, goal: Goal, nounsOf: NounTagger): RewardParts {
  const { product } = view;
  const attributeHits = goal.attributes.filter((attribute) => hasAttribute(view, attribute)).length;
  const optionHits = countOptionHits(goal.options, options);
  const priceFits = price <= goal.priceUpper;
  const queryMatches = product.query === goal.query;
  const categoryMatches = sharedCategories(product.productCategory, goal.productCategory) >= 2;
  const titleScore = titleScoreOf(nounsOf(product.title), nounsOf(goal.title));
  const type = typeFactor(titleScore, queryMatches || categoryMatches);
  const hits = attributeHits + optionHits + (priceFits ? 1 : 0);
  const reward = (hits / (goal.attributes.length + goal.options.length + 1)) * type;
  return { reward, type, titleScore, queryMatches, categoryMatches, attributeHits, optionHits, priceFits };
}

function hasAttribute({ product, searchedTexts }: ProductView, attribute: string): boolean {
  return (
    product.attributes.some((own) => tokenSetRatio(own, attribute) > sameText) ||
    searchedTexts().some((text) => text.includes(attribute))
  );
}

function countOptionHits(wanted: readonly GoalOption[], chosen: readonly string[]): number {
  const values = chosen.map(normalisedValue);
  return wanted
    .map(normalisedWish)
    .filter((wish) => values.some((value) => tokenSetRatio(value, wish) > sameText)).length;
}

/** The first colour that occurs in the value, even inside a word ("rectangular" is "tan"); else the value itself. */
function normalisedValue(value: string): string {
  return colours.find((colour) => value.includes(colour)) ?? value;
}

/**
 * A wish with a name is a Python tuple to the original: a colour is found in it only if it equals the name or the
 * value, and otherwise the tuple is compared as Python prints it. So some synthetic goals cannot reach reward 1.
 */
function normalisedWish({ name, value }: GoalOption): string {
  if (name === undefined) return normalisedValue(value);
  return colours.find((colour) => colour === name || colour === value) ?? pythonTuple([name, value]);
}

function sharedCategories(productCategory: string, goalCategory: string): number {
  const parts = (category: string) => new Set(category.split("›").map(pythonStrip));
  return countShared(parts(productCategory), parts(goalCategory));
}

function titleScoreOf(productNouns: readonly string[], goalNouns: readonly string[]): number {
  if (goalNouns.length === 0) return 0.2;
  return countShared(new Set(goalNouns), new Set(productNouns)) / goalNouns.length;
}

function countShared(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const element of one) if (other.has(element)) shared++;
  return shared;
}

function typeFactor(titleScore: number, kindMatches: boolean): number {
  if (titleScore === 0) return 0;
  if (titleScore < 0.1) return 0.1;
  return kindMatches || titleScore > 0.2 ? 1 : 0.5;
}
