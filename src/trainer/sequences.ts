import { encodeMessage } from "../model/tokenizer/chat.ts";
import type { Tokenizer } from "../model/tokenizer/tokenizer.ts";
import type { TrainingExample } from "./trainer.ts";

/** A token sequence and what is to be predicted in it; the arrays are equally long. */
export interface TargetSequence {
  readonly inputIds: readonly number[];
  /** The token to predict after the input token of the same index; 0 where the weight is 0. */
  readonly targets: readonly number[];
  /** Loss weight of each target, not negative. */
  readonly weights: readonly number[];
}

/**
 * The token sequence of an example: the whole transcript as context, with the tokens of each assistant message and
 * its `<|end|>` as targets, weighted by the message. What follows the last target is cut, because nothing is learned
 * from it; so is what exceeds `maximumLength`.
 * @returns undefined if no target remains.
 */
export function targetSequence(
  tokenizer: Tokenizer,
  example: Pick<TrainingExample, "messages" | "weights">,
  maximumLength: number,
): TargetSequence | undefined {
  const inputIds: number[] = [];
  const targets: number[] = [];
  const weights: number[] = [];
  let length = 0;
  for (const [index, message] of example.messages.entries()) {
    const weight = message.role === "assistant" ? (example.weights[index] ?? 0) : 0;
    const ids = encodeMessage(tokenizer, message);
    // Of a message's tokens the role is given; each of the others is predicted from those before it.
    for (const [position, id] of ids.entries()) {
      const isTarget = weight > 0 && position < ids.length - 1;
      inputIds.push(id);
      targets.push(isTarget ? (ids[position + 1] ?? 0) : 0);
      weights.push(isTarget ? weight : 0);
      if (isTarget && inputIds.length <= maximumLength) length = inputIds.length;
    }
  }
  if (length === 0) return undefined;
  return {
    inputIds: inputIds.slice(0, length),
    targets: targets.slice(0, length),
    weights: weights.slice(0, length),
  };
}
