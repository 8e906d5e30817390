/** Matches any of the tokens wherever they stand, of several at one place the longest. Undefined if there are none. */
export function matcherOf(tokens: readonly { readonly content: string }[]): RegExp | undefined {
  if (tokens.length === 0) return undefined;
  const longestFirst = tokens.map((token) => token.content).sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(escaped.join("|"), "g");
}
