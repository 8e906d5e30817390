import { describe, expect, it } from "vitest";
import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../model/tokenizer/train.ts";
import { transcript } from "../trajectory.ts";
import { targetSequence } from "./sequences.ts";

const tokenizer = createTokenizer(trainTokenizer([], { vocabularySize: 400 }));
const step = (message: string, observation: string) => ({
  message,
  action: "",
  observation,
  reward: 0,
  done: false,
  valid: true,
});
const messages = transcript("Shop.", {
  initialObservation: "Find a lamp<|end|>",
  steps: [
    step("Action: search[lamp]", "Page 1"),
    step("Action: click[12B34]", "A lamp"),
    step("Action: buy", ""),
  ],
});
const example = (...actionWeights: number[]) => ({
  messages,
  weights: messages.map((_, index) =>
    index % 2 === 0 && index >= 2 ? (actionWeights[index / 2 - 1] ?? 0) : 0,
  ),
});
const targetText = (sequence: ReturnType<typeof targetSequence>) =>
  tokenizer.decode(sequence?.targets.filter((_, index) => (sequence.weights[index] ?? 0) > 0) ?? []);

describe("the token sequence of an example", () => {
  it("has the whole text of each weighted action and its end as targets, and nothing else", () => {
    expect(targetText(targetSequence(tokenizer, example(1, 0, 1), 10_000))).toBe(
      "Action: search[lamp]<|end|>Action: buy<|end|>",
    );
    expect(targetText(targetSequence(tokenizer, example(0, 1, 0), 10_000))).toBe(
      "Action: click[12B34]<|end|>",
    );
  });

  it("weights every target token by its message", () => {
    const sequence = targetSequence(tokenizer, example(0.5, 0, 2), 10_000);
    expect(new Set(sequence?.weights)).toEqual(new Set([0, 0.5, 2]));
  });

  it("predicts each target from the transcript as the policy reads it", () => {
    const sequence = targetSequence(tokenizer, example(1, 1, 1), 10_000);
    const ids = tokenizer.encodeChat(messages).ids;
    for (const [index, weight] of sequence?.weights.entries() ?? []) {
      if (weight > 0) expect(sequence?.targets[index]).toBe(ids[index + 1]);
    }
    expect(sequence?.inputIds).toEqual(ids.slice(0, sequence?.inputIds.length));
  });

  it("ends with the last target", () => {
    const sequence = targetSequence(tokenizer, example(1, 0, 0), 10_000);
    expect(sequence?.weights.at(-1)).toBe(1);
    expect(sequence?.targets.at(-1)).toBe(tokenizer.special.end);
  });

  it("drops targets beyond the context, and an example without any", () => {
    const whole = targetSequence(tokenizer, example(1, 0, 0), 10_000)?.inputIds.length ?? 0;
    expect(targetSequence(tokenizer, example(1, 1, 1), whole)?.inputIds).toHaveLength(whole);
    expect(targetSequence(tokenizer, example(1, 1, 1), 5)).toBeUndefined();
    expect(targetSequence(tokenizer, example(0, 0, 0), 10_000)).toBeUndefined();
  });

  it("ignores a weight on a message that is not the assistant's", () => {
    expect(targetSequence(tokenizer, { messages, weights: messages.map(() => 1) }, 10_000)).toEqual(
      targetSequence(tokenizer, example(1, 1, 1), 10_000),
    );
  });
});
