import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { TokenConstraint } from "./choose-token.ts";
import type { TokenRestriction } from "./sampler.ts";

interface TrieNode {
  readonly next: Map<number, TrieNode>;
}

const keyword = "Action";

/**
 * Lets a message end only with one of the given actions: its thought is free, but once a line reads `Action:`, only
 * tokens that continue an admissible action follow, and then the token that ends a message. Actions are followed as the tokenizer writes
 * them, so a restricted message has the tokens it would have in training.
 */
export function restrictToActions(tokenizer: Tokenizer, actions: readonly string[]): TokenRestriction {
  const notYet: TokenConstraint = { kind: "not", tokens: tokenizer.endTokens };
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
      let text = tokenizer.decode(line);
      if (text.includes("\n")) {
        text = text.slice(text.lastIndexOf("\n") + 1);
        line = text === "" ? [] : tokenizer.encode(text);
      }
      if (text === keyword || text.startsWith(`${keyword}:`))
        node = continuations(tokenizer, actions, { tokens: line, text });
    },
  };
}

/** The tokens that may follow a line's beginning, up to the end of the message; undefined if it is no action's beginning. */
function continuations(
  tokenizer: Tokenizer,
  actions: readonly string[],
  written: { readonly tokens: readonly number[]; readonly text: string },
): TrieNode | undefined {
  const [end = 0] = tokenizer.endTokens;
  const root: TrieNode = { next: new Map() };
  for (const action of actions) {
    const whole = `${keyword}: ${action}`;
    if (!whole.startsWith(written.text)) continue;
    const tokens = tokenizer.encode(whole);
    // A tokenizer may have "Action:" as one token, and the model may have written "Action" without it.
    const rest = written.tokens.every((token, index) => token === tokens[index])
      ? tokens.slice(written.tokens.length)
      : tokenizer.encode(whole.slice(written.text.length));
    let node = root;
    for (const token of [...rest, end]) {
      const next: TrieNode = node.next.get(token) ?? { next: new Map() };
      node.next.set(token, next);
      node = next;
    }
  }
  return root.next.size === 0 ? undefined : root;
}
