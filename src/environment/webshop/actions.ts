/** A search or a click, its argument in lower case. */
export interface ShopAction {
  readonly name: "search" | "click";
  readonly argument: string;
}

/**
 * Reads `search[words]` or `click[button]`.
 *
 * The pattern is greedy and starts at the first character: text after the last `]` is ignored, a leading space or
 * a line before the action makes it something else, and a `[` in the argument becomes part of the name.
 *
 * @returns undefined for anything else, which the shop answers by doing nothing
 */
export function parseAction(text: string): ShopAction | undefined {
  const match = /^([^\n]+)\[([^\n]+)\]/.exec(text);
  const name = match?.[1];
  const argument = match?.[2];
  if (argument === undefined || (name !== "search" && name !== "click")) return undefined;
  return { name, argument: argument.toLowerCase() };
}

const kindOfButton: Readonly<Record<string, string>> = {
  "buy now": "buy",
  "back to search": "back",
  "next >": "next",
  "< prev": "prev",
  description: "read",
  features: "read",
  reviews: "read",
  attributes: "read",
};

/**
 * The kind of an action, for tables of what policies do: `search`, `product`, `option`, `next`, `prev`, `back`,
 * `read` (a sub-page), `buy` or `invalid`.
 *
 * @param isProduct tells whether an upper-case argument is the ASIN of a product
 */
export function kindOfAction(text: string, isProduct: (asin: string) => boolean): string {
  const action = parseAction(text);
  if (action === undefined) return "invalid";
  if (action.name === "search") return "search";
  const button = Object.hasOwn(kindOfButton, action.argument) ? kindOfButton[action.argument] : undefined;
  return button ?? (isProduct(action.argument.toUpperCase()) ? "product" : "option");
}
