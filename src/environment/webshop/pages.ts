import { buttonNode, createBlock, type PageBlock, textNode } from "./page-block.ts";
import { compareCodePoints, pythonJsonObject } from "./python-text.ts";
import type { SessionState } from "./session.ts";
import type { Shop } from "./shop.ts";
import { pythonFloat } from "./text/python-format.ts";

/** The page of a state, from top to bottom. */
export function pageOf(shop: Shop, state: SessionState): readonly PageBlock[] {
  switch (state.page) {
    case "index":
      return [indexBlock(state)];
    case "search_results":
      return [shop.instruction(state), shop.listing(state)];
    case "item_page":
      return [shop.instruction(state), itemNavigation, productOf(shop, state).itemBlock()];
    case "item_sub_page":
      return [
        shop.instruction(state),
        itemNavigation,
        productOf(shop, state).subPageBlock(state.subPage ?? "Description"),
      ];
    case "done":
      return [doneBlock(state)];
  }
}

/** The product of an item page, a sub-page or the last page. */
export function productOf(shop: Shop, state: SessionState) {
  return shop.view(state.asin ?? "");
}

function indexBlock({ session }: SessionState): PageBlock {
  return createBlock([
    textNode("WebShop"),
    textNode("Instruction: "),
    textNode(session.goal.instruction),
    buttonNode("Search"),
  ]);
}

const itemNavigation = createBlock([buttonNode("Back to Search"), buttonNode("< Prev")]);

/** The last page says little: the original fills only the product, the options and the reward into its form. */
function doneBlock({ asin = "", options, reward }: SessionState): PageBlock {
  const sorted = options.toSorted(([a], [b]) => compareCodePoints(a, b));
  const segments = [
    "Thank you for shopping with us!",
    "Your code: ",
    "None",
    " (Paste it in your MTurk interface.)",
    "Purchased",
    "asin",
    asin,
    "options",
    htmlSafe(pythonJsonObject(sorted)),
    ...["attrs", "category", "query", "product category"].flatMap((name) => [name, "None"]),
    "Target",
    "asin",
    "options",
    "attrs",
    "price upper",
    "instuction text",
    "category",
    "product category",
    "query",
    "Goal ",
    "None",
    "Reward",
    "Your score (min 0.0, max 1.0)",
    pythonFloat(reward),
    "Reward Details ",
    "None",
  ];
  return createBlock(segments.map(textNode));
}

/** What Flask's `tojson` filter adds to `json.dumps`. */
function htmlSafe(json: string): string {
  return json.replace(/[<>&']/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
