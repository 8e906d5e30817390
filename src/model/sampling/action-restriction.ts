import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { TokenConstraint } from "./choose-token.ts";
import type { TokenRestriction } from "./sampler.ts";

interface TrieNode {
  readonly next: Map<number, TrieNode>;
}

/**
 * Lets a message end only with one of the given actions: its thought is free, but once a line reads `Action:`, only
 * tokens that continue an admissible action follow, and then the token that ends a message. Actions are followed as the tokenizer writes
 * them, so a restricted message has the tokens it would have in training.
 */
export function restrictToActions(tokenizer: Tokenizer, actions: readonly string[]): TokenRestriction {
  const [end = 0] = tokenizer.endTokens;
  const notYet: TokenConstraint = { kind: "not", tokens: tokenizer.endTokens };
  const keyword = "Action";
  const keywordLength = tokenizer.encode(keyword).length;
  const root: TrieNode = { next: new Map() };
  for (const action of actions) {
    let node = root;
    for (const token of [...tokenizer.encode(`${keyword}: ${action}`).slice(keywordLength), end]) {
      const next: TrieNode = node.next.get(token) ?? { next: new Map() };
      node.next.set(token, next);
      node = next;
    }
  }
  let line: number[] = [];
  let node: TrieNode | undefined;
  return {
    constraint: () =>
      node === undefined ? notYet : { kind: "only", tokens: [...node.next.keys()].sort((a, b) => a - b) },
    accept: (token) => {
      if (node !== undefined) {
        node = node.next.get(token);
        return;
      }
      line.push(token);
      const text = tokenizer.decode(line);
      if (text.includes("\n"))
        line = text.endsWith("\n") ? [] : tokenizer.encode(text.slice(text.lastIndexOf("\n") + 1));
      else if (text === keyword) node = root;
    },
  };
}
