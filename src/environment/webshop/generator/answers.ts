import type { Goal } from "../goal.ts";
import { initialState } from "../session.ts";
import type { Shop } from "../shop.ts";
import { tokenSetRatio } from "../text/token-set-ratio.ts";

/** Finds the products that can be bought for full reward, by the engine's own reward. */
export interface AnswerFinder {
  /**
   * ASINs of the products that may win a goal with some choice of their options. A superset: all options of a
   * product count as chosen, although only one value of each group can be.
   */
  answers(goal: Goal): readonly string[];
  /** Whether the goal's own product with the goal's own options has a reward of exactly 1. */
  isWinnable(goal: Goal): boolean;
}

/** Above this the reward takes two attributes for the same; only to pass by products quickly, the reward decides. */
const sameText = 85;

export function createAnswerFinder(shop: Shop): AnswerFinder {
  const views = shop.catalogue.asins.map((asin) => shop.view(asin));
  const withAttribute = new Map<string, ReadonlySet<string>>();
  const sameAttribute = memoised((pair: string) => {
    const [one = "", other = ""] = pair.split("\n");
    return tokenSetRatio(one, other) > sameText;
  });

  const productsWith = (attribute: string): ReadonlySet<string> => {
    const known = withAttribute.get(attribute);
    if (known !== undefined) return known;
    const found = views.filter(
      ({ product, searchedTexts }) =>
        product.attributes.some((own) => sameAttribute(`${own}\n${attribute}`)) ||
        searchedTexts().some((text) => text.includes(attribute)),
    );
    const asins = new Set(found.map(({ product }) => product.asin));
    withAttribute.set(attribute, asins);
    return asins;
  };
  const reward = (goal: Goal, asin: string, options: readonly (readonly [string, string])[]): number => {
    const state = { ...initialState({ id: "answers", goal }), options };
    return shop.reward(shop.view(asin), state).reward;
  };

  return {
    answers(goal) {
      const [first = new Set<string>(), ...others] = goal.attributes.map(productsWith);
      return [...first]
        .filter((asin) => others.every((asins) => asins.has(asin)) && shop.price(asin) <= goal.priceUpper)
        .filter((asin) => {
          const { options } = shop.view(asin).product;
          const all = options.flatMap(({ name, values }) => values.map((value) => [name, value] as const));
          return reward(goal, asin, all) >= 1;
        });
    },
    isWinnable: (goal) => {
      const chosen = goal.options.map(({ name = "", value }) => [name, value] as const);
      return reward(goal, goal.asin, chosen) >= 1;
    },
  };
}

function memoised<Value>(compute: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}
