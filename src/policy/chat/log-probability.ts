import type { ChatReply, TokenLogProbability } from "./chat-model.ts";

/**
 * The log-probability of the first `end` characters of a reply: the sum over the tokens that begin in them, and over the
 * token that ends the turn if all of the reply is kept.
 *
 * @param stop Where the model had to stop: a server may list the tokens of such a text, which it took out of the reply.
 * @returns undefined if the tokens are missing, or are not those of the text (where a server took its model's reasoning out of the reply,
 *   say).
 */
export function sumOfTokens(
  tokens: readonly TokenLogProbability[] | undefined,
  content: string,
  end: number,
  stop: readonly string[],
): number | undefined {
  if (tokens === undefined || tokens.length === 0) return undefined;
  const text = Buffer.from(content);
  const written = Buffer.concat(tokens.map(({ bytes }) => bytes));
  if (written.length < text.length || !written.subarray(0, text.length).equals(text)) return undefined;
  const endByte = end === content.length ? text.length : Buffer.byteLength(content.slice(0, end));
  let position = 0;
  let sum = 0;
  const beyond: TokenLogProbability[] = [];
  for (const token of tokens) {
    if (position < endByte) sum += token.logProbability;
    else if (position >= text.length) beyond.push(token);
    position += token.bytes.length;
  }
  if (end < content.length || beyond.length === 0) return sum;
  const rest = written.subarray(text.length).toString("utf8");
  if (stop.some((words) => rest.startsWith(words) || (rest !== "" && words.startsWith(rest)))) return sum;
  // Of several, nobody can tell which end the turn.
  return beyond.length === 1 ? sum + (beyond[0]?.logProbability ?? 0) : undefined;
}

/**
 * The log-probability of a tool call: the sum over all tokens of the reply, its form included.
 *
 * @returns undefined if it cannot be known: there are several calls, of which one is kept, or fewer tokens than the model wrote.
 */
export function sumOfCall({ tokens, toolCalls, generatedTokens }: ChatReply): number | undefined {
  if (tokens === undefined || tokens.length === 0 || toolCalls.length !== 1) return undefined;
  // The token that ends the turn is not always listed.
  if (generatedTokens !== undefined && Math.abs(tokens.length - generatedTokens) > 1) return undefined;
  return tokens.reduce((sum, { logProbability }) => sum + logProbability, 0);
}
