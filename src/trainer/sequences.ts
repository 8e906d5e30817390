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

/** What of an example fits into the context. */
export interface FittedExample {
  /** Undefined if no target is within the context, or there is none at all. */
  readonly sequence: TargetSequence | undefined;
  /** Those beyond the context included. */
  readonly targetTokens: number;
  /** Those beyond the context. */
  readonly targetTokensCut: number;
}

/**
 * The token sequence of an example: the whole transcript as context, with the tokens of each assistant message and
 * what ends it as targets, weighted by the message. What follows the last target is cut, because nothing is learned
 * from it; so is what exceeds `maximumLength`, with the targets in it.
 */
export function fitExample(
  tokenizer: Tokenizer,
  example: Pick<TrainingExample, "messages" | "weights">,
  maximumLength: number,
): FittedExample {
  const { ids, messageOf } = tokenizer.encodeChat(example.messages);
  const weightOf = (token: number): number => {
    const message = messageOf[token] ?? -1;
    return example.messages[message]?.role === "assistant" ? (example.weights[message] ?? 0) : 0;
  };
  // Each place is weighted by the token that it predicts, the next one.
  const weights = ids.map((_, place) => weightOf(place + 1));
  const targetTokens = weights.filter((weight) => weight > 0).length;
  const targetTokensCut = weights.filter((weight, place) => weight > 0 && place >= maximumLength).length;
  const length = 1 + weights.findLastIndex((weight, place) => weight > 0 && place < maximumLength);
  if (length === 0) return { sequence: undefined, targetTokens, targetTokensCut };
  return {
    sequence: {
      inputIds: ids.slice(0, length),
      targets: ids
        .slice(0, length)
        .map((_, place) => ((weights[place] ?? 0) > 0 ? (ids[place + 1] ?? 0) : 0)),
      weights: weights.slice(0, length),
    },
    targetTokens,
    targetTokensCut,
  };
}

/** The token sequence of an example alone: undefined if no target is within the context. */
export function targetSequence(...example: Parameters<typeof fitExample>): TargetSequence | undefined {
  return fitExample(...example).sequence;
}
