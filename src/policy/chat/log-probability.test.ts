import { expect, test } from "vitest";
import type { TokenLogProbability } from "./chat-model.ts";
import { sumOfTokens } from "./log-probability.ts";

const token = (text: string | Uint8Array, logProbability: number): TokenLogProbability => ({
  bytes: typeof text === "string" ? Buffer.from(text) : text,
  logProbability,
});

const content = "Action: go\nObserved";
const tokens = [
  token("Action:", -1),
  token(" go", -2),
  token("\nObs", -4),
  token("erved", -8),
  token("<end>", -16),
];

test("the sum is over the tokens that begin in the kept text", () => {
  expect(sumOfTokens(tokens, content, "Action: go".length)).toBe(-3);
  expect(sumOfTokens(tokens, content, "Action: go\n".length)).toBe(-7);
});

test("the token that ends the turn counts where all is kept", () => {
  expect(sumOfTokens(tokens, content, content.length)).toBe(-31);
});

test("a character may be divided between tokens", () => {
  const [first, ...rest] = Buffer.from("é");
  const divided = [token(Uint8Array.of(first ?? 0), -1), token(Uint8Array.from(rest), -2), token("!", -4)];
  expect(sumOfTokens(divided, "é!", 1)).toBe(-3);
});

test("tokens that are not those of the text give nothing", () => {
  expect(sumOfTokens([token("I think …", -1), ...tokens], content, 4)).toBeUndefined();
  expect(sumOfTokens(tokens.slice(0, 2), content, 4)).toBeUndefined();
  expect(sumOfTokens([], content, 4)).toBeUndefined();
  expect(sumOfTokens(undefined, content, 4)).toBeUndefined();
});
