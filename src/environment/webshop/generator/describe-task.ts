import { splitSchema } from "../../../trajectory.ts";
import { parseInstruction } from "../expert/instruction.ts";
import { objections } from "../expert/judgement.ts";
import type { Goal } from "../goal.ts";
import { pageSize, type Shop } from "../shop.ts";
import { findOverlaps, type GoalSplits } from "../splits.ts";
import type { AnswerFinder } from "./answers.ts";
import { findSharedAnswers } from "./splits.ts";

/** How hard a goal is for a shopper that searches for the wish and goes through the results in order. */
export interface GoalDifficulty {
  /** Page of the first product that wins, from 1; undefined if the search does not find one. */
  readonly page: number | undefined;
  /** Products before it whose title and price fit but which lack a wanted option. */
  readonly lookAlikes: number;
  /** Products that win. */
  readonly answers: number;
}

export function goalDifficulty(shop: Shop, finder: AnswerFinder, goal: Goal): GoalDifficulty {
  const wish = parseInstruction(goal.instruction);
  const answers = finder.answers(goal);
  const found = shop.search(wish.text.toLowerCase().split(/\s+/).join(" "));
  const first = found.findIndex((asin) => answers.includes(asin));
  const before = first < 0 ? found : found.slice(0, first);
  return {
    page: first < 0 ? undefined : Math.floor(first / pageSize) + 1,
    lookAlikes: before.filter(
      (asin) => objections(wish, shop.view(asin).product.title, shop.price(asin)).length === 0,
    ).length,
    answers: answers.length,
  };
}

/** A text for people: sizes, what splits share, and how hard the goals of each split are. */
export function describeTask(shop: Shop, finder: AnswerFinder, goals: GoalSplits): string {
  const lines = [`${shop.catalogue.asins.length} products`];
  for (const split of splitSchema.options) {
    const difficulties = goals[split].map((goal) => goalDifficulty(shop, finder, goal));
    const easy = difficulties.filter(({ page, lookAlikes }) => page === 1 && lookAlikes === 0).length;
    lines.push(
      `${split}: ${goals[split].length} goals`,
      `  first fitting product on page      ${shares(difficulties.map(({ page }) => page ?? "none"))}`,
      `  look-alikes without an option      ${shares(difficulties.map(({ lookAlikes }) => lookAlikes))}`,
      `  on page 1 with no look-alike       ${percent(easy, difficulties.length)}`,
      `  products that answer               ${shares(difficulties.map(({ answers }) => answers))}`,
      `  wanted options                     ${shares(goals[split].map(({ options }) => options.length))}`,
      `  wanted attributes                  ${shares(goals[split].map(({ attributes }) => attributes.length))}`,
    );
  }
  const shared = findSharedAnswers(goals, finder);
  for (const [index, { split, other, sameProduct, sameWords }] of findOverlaps(goals).entries()) {
    const answers = shared[index]?.goals ?? 0;
    lines.push(
      `${split} goals also in ${other}: ${sameProduct} by product, ${sameWords} by words, ${answers} by a product that answers both`,
    );
  }
  return lines.join("\n");
}

/** "1: 54%, 2: 40%, 3: 6%" */
function shares(values: readonly (number | string)[]): string {
  const counts = Map.groupBy(values, (value) => String(value));
  return [...counts]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([value, group]) => `${value}: ${percent(group.length, values.length)}`)
    .join(", ");
}

function percent(count: number, total: number): string {
  return total === 0 ? "-" : `${Math.round((100 * count) / total)}%`;
}
