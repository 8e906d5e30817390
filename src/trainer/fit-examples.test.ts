import { describe, expect, it } from "vitest";
import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../model/tokenizer/train.ts";
import { describeCut, fitExamples } from "./fit-examples.ts";
import { targetSequence } from "./sequences.ts";

const tokenizer = createTokenizer(trainTokenizer([], { vocabularySize: 400 }));
const chat = (words: number, weight = 1) => ({
  messages: [
    { role: "user", content: "lamp ".repeat(words) },
    { role: "assistant", content: "Action: search[lamp]" },
    { role: "user", content: "Page 1" },
    { role: "assistant", content: "Action: buy" },
  ] as const,
  weights: [0, weight, 0, weight],
});
const lengthOf = (example: ReturnType<typeof chat>) =>
  targetSequence(tokenizer, example, Number.POSITIVE_INFINITY)?.inputIds.length ?? 0;
const targetsOf = (example: ReturnType<typeof chat>) =>
  targetSequence(tokenizer, example, Number.POSITIVE_INFINITY)?.weights.filter((weight) => weight > 0)
    .length ?? 0;
const within = (tokens: number) => ({ tokens, origin: "So it was asked for." });

describe("examples in a context", () => {
  it("are all trained on, and nothing is said, where the longest just fits", () => {
    const examples = [chat(1), chat(20)];
    const limit = within(lengthOf(chat(20)));
    const { sequences, counts } = fitExamples(tokenizer, examples, limit);
    expect(sequences).toHaveLength(2);
    expect(counts).toEqual({
      examples: 2,
      examplesCut: 0,
      examplesWithoutTargetLeft: 0,
      examplesWithoutTarget: 0,
      targetTokens: 2 * targetsOf(chat(1)),
      targetTokensCut: 0,
    });
    expect(describeCut(counts, limit)).toBeUndefined();
  });

  it("are counted where they are cut, lose all targets, or have none", () => {
    // The last action has three tokens fewer; of the longest nothing but words is left.
    const limit = within(lengthOf(chat(20)) - 3);
    const longest = chat(200);
    const { sequences, counts } = fitExamples(tokenizer, [chat(1), chat(20), longest, chat(1, 0)], limit);
    expect(sequences.map(({ inputIds }) => inputIds.length)).toEqual([lengthOf(chat(1)), limit.tokens]);
    expect(counts).toEqual({
      examples: 4,
      examplesCut: 2,
      examplesWithoutTargetLeft: 1,
      examplesWithoutTarget: 1,
      targetTokens: 3 * targetsOf(longest),
      targetTokensCut: 3 + targetsOf(longest),
    });
    expect(describeCut(counts, limit)).toBe(
      `Examples longer than ${limit.tokens} tokens, which are cut there: 2 of 4, by ${counts.targetTokensCut} of ${counts.targetTokens} target tokens; ` +
        "dropped because no target is left: 1. So it was asked for. Examples dropped because they have no target: 1 of 4.",
    );
  });

  it("are refused where none has a target, saying whether the context is the reason", () => {
    expect(() => fitExamples(tokenizer, [chat(200), chat(1, 0)], within(50))).toThrow(
      "none of the 2 examples has a target within the first 50 tokens; without any at all: 1",
    );
    expect(() => fitExamples(tokenizer, [chat(1, 0)], within(50))).toThrow(
      /^none of the 1 examples has a target$/,
    );
  });
});
