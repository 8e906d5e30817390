import { expect, test } from "vitest";
import type { TokenLogProbability } from "./chat-model.ts";
import { sumOfCall, sumOfTokens } from "./log-probability.ts";

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
  expect(sumOfTokens(tokens, content, "Action: go".length, [])).toBe(-3);
  expect(sumOfTokens(tokens, content, "Action: go\n".length, [])).toBe(-7);
});

test("the token that ends the turn counts where all is kept", () => {
  expect(sumOfTokens(tokens, content, content.length, [])).toBe(-31);
});

test("a character may be divided between tokens", () => {
  const [first, ...rest] = Buffer.from("é");
  const divided = [token(Uint8Array.of(first ?? 0), -1), token(Uint8Array.from(rest), -2), token("!", -4)];
  expect(sumOfTokens(divided, "é!", 1, [])).toBe(-3);
});

test("tokens that are not those of the text give nothing", () => {
  expect(sumOfTokens([token("I think …", -1), ...tokens], content, 4, [])).toBeUndefined();
  expect(sumOfTokens(tokens.slice(0, 2), content, 4, [])).toBeUndefined();
  expect(sumOfTokens([], content, 4, [])).toBeUndefined();
  expect(sumOfTokens(undefined, content, 4, [])).toBeUndefined();
});

test("tokens of a text at which the model had to stop are not the reply's", () => {
  const kept = "Action: go";
  const listed = [...tokens.slice(0, 2), token("\nObs", -4), token("ervation:", -8)];
  expect(sumOfTokens(listed, kept, kept.length, ["\nObservation:"])).toBe(-3);
  expect(sumOfTokens(listed.slice(0, 3), kept, kept.length, ["\nObservation:"])).toBe(-3);
  expect(sumOfTokens([...tokens.slice(0, 2), token("<end>", -16)], kept, kept.length, ["\n"])).toBe(-19);
  // Which of them ended the turn?
  expect(sumOfTokens(listed, kept, kept.length, [])).toBeUndefined();
});

test("a call is known by all its tokens, or not at all", () => {
  const call = { name: "act", arguments: "{}" };
  const reply = { content: "", toolCalls: [call], tokens: tokens.slice(0, 2) };
  expect(sumOfCall(reply)).toBe(-3);
  expect(sumOfCall({ ...reply, generatedTokens: 3 })).toBe(-3);
  expect(sumOfCall({ ...reply, generatedTokens: 9 })).toBeUndefined();
  expect(sumOfCall({ ...reply, toolCalls: [call, call] })).toBeUndefined();
  expect(sumOfCall({ ...reply, tokens: [] })).toBeUndefined();
});
