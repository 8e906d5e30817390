import { type PageBlock, type PageNode, separator } from "./page-block.ts";
import { pageOf } from "./pages.ts";
import type { SessionState } from "./session.ts";
import type { Shop } from "./shop.ts";
import { urlOf } from "./urls.ts";

/** `text`: the page's words joined by " [SEP] ". `text_rich`: a line for each, with buttons marked. */
export type ObservationMode = "text" | "text_rich";

export function renderObservation(shop: Shop, state: SessionState, mode: ObservationMode): string {
  return mode === "text" ? renderText(shop, state) : renderTextRich(shop, state);
}

export function renderText(shop: Shop, state: SessionState): string {
  return pageOf(shop, state)
    .map((block) => block.text())
    .filter((text) => text !== undefined)
    .join(separator);
}

export function renderTextRich(shop: Shop, state: SessionState): string {
  const url = urlOf(state);
  let observation = "";
  for (const { text, kind } of nodesOf(pageOf(shop, state))) {
    if (text === "") continue;
    if (kind === "text") {
      observation += `${text}\n`;
    } else if (kind === "button") {
      observation += `[button] ${text} [button_]\n`;
    } else if (kind === "product") {
      const seen = state.seenAsins.includes(text);
      observation += seen
        ? `\n[clicked button] ${text} [clicked button_]\n`
        : `\n[button] ${text} [button_]\n`;
    } else if (url.includes(`"${text}"`)) {
      // The original takes an option for chosen if it stands in quotes anywhere in the address.
      observation = `You have clicked ${text}.\n${observation}  [clicked button] ${text} [clicked button_]\n`;
    } else {
      observation += `  [button] ${text} [button_]\n`;
    }
  }
  return observation;
}

/** What a state allows. */
export interface AvailableActions {
  readonly hasSearchBar: boolean;
  /** Lower case: buttons, then links to products, then options; each name once. */
  readonly clickables: readonly string[];
}

export function availableActions(shop: Shop, state: SessionState): AvailableActions {
  const nodes = clickableNodes(shop, state);
  return {
    hasSearchBar: state.page === "index",
    clickables: [...new Set(nodes.map(({ text }) => text.toLowerCase()))],
  };
}

/**
 * The clicks that a state allows, as actions spelled as on the page: `click[Back to Search]`, `click[B09MW563KN]`,
 * `click[x-large]`. Searching is possible in every state besides.
 */
export function admissibleActions(shop: Shop, state: SessionState): readonly string[] {
  const names = clickableNodes(shop, state).map(({ text }) => text);
  return [...new Set(names)].filter(isWritable).map((name) => `click[${name}]`);
}

/** A name with "[" or a line break cannot be written as an action, and `search` is a button without effect. */
function isWritable(name: string): boolean {
  return name !== "" && !/[[\n]/.test(name) && name.toLowerCase() !== "search";
}

function clickableNodes(shop: Shop, state: SessionState): readonly PageNode[] {
  const nodes = nodesOf(pageOf(shop, state));
  return (["button", "product", "option"] as const).flatMap((kind) =>
    nodes.filter((node) => node.kind === kind),
  );
}

function nodesOf(blocks: readonly PageBlock[]): readonly PageNode[] {
  return blocks.flatMap((block) => block.nodes);
}
