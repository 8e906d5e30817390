import { lazy } from "./lru-cache.ts";
import { pythonStrip } from "./python-text.ts";

/**
 * What the text of one HTML element becomes: plain text, a button, the link to a product, or an option's value
 * (of the group `group`).
 */
export type PageNode =
  | { readonly kind: "text" | "button" | "product"; readonly text: string }
  | { readonly kind: "option"; readonly text: string; readonly group: string };

/** Consecutive nodes of a page, and what is derived from them. */
export interface PageBlock {
  readonly nodes: readonly PageNode[];
  /** The visible nodes stripped and joined, as in a `text` observation; undefined if there is none. */
  text(): string | undefined;
  /** What `click[…]` may name, in lower case; where two nodes share a name, the last. */
  clickables(): ReadonlyMap<string, PageNode>;
}

/** What stands between two nodes of a `text` observation. */
export const separator = " [SEP] ";

export function createBlock(nodes: readonly PageNode[]): PageBlock {
  return {
    nodes,
    text: lazy(() => {
      const visible = nodes.map((node) => node.text).filter((text) => text !== "");
      return visible.length === 0 ? undefined : visible.map(pythonStrip).join(separator);
    }),
    clickables: lazy(() => {
      const clickables = new Map<string, PageNode>();
      for (const node of nodes) {
        if (node.kind !== "text") clickables.set(node.text.toLowerCase(), node);
      }
      return clickables;
    }),
  };
}

/**
 * A value as it comes out of the page's HTML: one of only white space becomes a single space, or vanishes if it
 * holds a line break. White space is meant as in HTML here, ASCII only.
 */
function rendered(value: string): string {
  if (/[^ \n\t\f\r]/.test(value)) return value;
  return value === "" || value.includes("\n") ? "" : " ";
}

export function textNode(value: string): PageNode {
  return { kind: "text", text: rendered(value) };
}

export function buttonNode(value: string): PageNode {
  return { kind: "button", text: rendered(value) };
}

export function productNode(asin: string): PageNode {
  return { kind: "product", text: rendered(asin) };
}

export function optionNode(group: string, value: string): PageNode {
  return { kind: "option", text: value, group };
}
