import type { TokenLogProbability } from "./chat-model.ts";

/**
 * The log-probability of the first `end` characters of a reply: the sum over the tokens that begin in them, and over the
 * token that ends the turn if all of the reply is kept.
 *
 * @returns undefined if the tokens are missing, or are not those of the text (where a server took its model's reasoning out of the reply,
 *   say).
 */
export function sumOfTokens(
  tokens: readonly TokenLogProbability[] | undefined,
  content: string,
  end: number,
): number | undefined {
  if (tokens === undefined || tokens.length === 0) return undefined;
  const text = Buffer.from(content);
  const written = Buffer.concat(tokens.map(({ bytes }) => bytes));
  if (written.length < text.length || !written.subarray(0, text.length).equals(text)) return undefined;
  const endByte =
    end === content.length ? Number.POSITIVE_INFINITY : Buffer.byteLength(content.slice(0, end));
  let position = 0;
  let sum = 0;
  for (const { bytes, logProbability } of tokens) {
    if (position >= endByte) break;
    sum += logProbability;
    position += bytes.length;
  }
  return sum;
}
