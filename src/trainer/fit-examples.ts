import { ConfigurationError } from "../errors.ts";
import type { Tokenizer } from "../model/tokenizer/tokenizer.ts";
import { type FittedExample, fitExample, type TargetSequence } from "./sequences.ts";
import type { TrainingExample } from "./trainer.ts";

/** How much of the examples the context has no room for; part of a checkpoint's `training.json`. */
export interface CutCounts {
  /** In all. */
  readonly examples: number;
  /** Those that have targets beyond the context. */
  readonly examplesCut: number;
  /** Those of them that have none within it. They are dropped. */
  readonly examplesWithoutTargetLeft: number;
  /** Those that never had a target. They are dropped too. */
  readonly examplesWithoutTarget: number;
  /** Of all examples, those beyond the context included. */
  readonly targetTokens: number;
  /** Those beyond the context. */
  readonly targetTokensCut: number;
}

/** How long an example may be. */
export interface ContextLimit {
  readonly tokens: number;
  /** A sentence that tells what sets it. */
  readonly origin: string;
}

/**
 * The sequences of the examples that have a target within the context, in order.
 * @throws ConfigurationError if there are none.
 */
export function fitExamples(
  tokenizer: Tokenizer,
  examples: readonly Pick<TrainingExample, "messages" | "weights">[],
  limit: ContextLimit,
): { readonly sequences: TargetSequence[]; readonly counts: CutCounts } {
  const fitted = examples.map((example) => fitExample(tokenizer, example, limit.tokens));
  const sequences = fitted.flatMap(({ sequence }) => sequence ?? []);
  const cut = fitted.filter(({ targetTokensCut }) => targetTokensCut > 0);
  const sum = (count: (example: FittedExample) => number) =>
    fitted.reduce((total, example) => total + count(example), 0);
  const counts: CutCounts = {
    examples: examples.length,
    examplesCut: cut.length,
    examplesWithoutTargetLeft: cut.filter(({ sequence }) => sequence === undefined).length,
    examplesWithoutTarget: fitted.filter(({ targetTokens }) => targetTokens === 0).length,
    targetTokens: sum(({ targetTokens }) => targetTokens),
    targetTokensCut: sum(({ targetTokensCut }) => targetTokensCut),
  };
  if (sequences.length === 0) throw nothingToLearn(counts, limit);
  return { sequences, counts };
}

/** What a person should know of the counts, in one line; undefined if everything is trained on. */
export function describeCut(counts: CutCounts, { tokens, origin }: ContextLimit): string | undefined {
  const { examples, examplesCut, examplesWithoutTargetLeft, examplesWithoutTarget, targetTokensCut } = counts;
  const parts: string[] = [];
  if (examplesCut > 0) {
    const cut = `Examples longer than ${tokens} tokens, which are cut there: ${examplesCut} of ${examples}, by ${targetTokensCut} of ${counts.targetTokens} target tokens`;
    const dropped =
      examplesWithoutTargetLeft === 0
        ? ""
        : `; dropped because no target is left: ${examplesWithoutTargetLeft}`;
    parts.push(`${cut}${dropped}. ${origin}`);
  }
  if (examplesWithoutTarget > 0) {
    parts.push(`Examples dropped because they have no target: ${examplesWithoutTarget} of ${examples}.`);
  }
  return parts.length === 0 ? undefined : parts.join(" ");
}

function nothingToLearn(
  { examples, examplesCut, examplesWithoutTarget }: CutCounts,
  { tokens, origin }: ContextLimit,
): ConfigurationError {
  if (examplesCut === 0) {
    return new ConfigurationError(`none of the ${examples} examples has a target`, {
      hint: "There is nothing to learn from: an example needs an assistant message with a weight above 0.",
    });
  }
  const others = examplesWithoutTarget === 0 ? "" : `; without any at all: ${examplesWithoutTarget}`;
  return new ConfigurationError(
    `none of the ${examples} examples has a target within the first ${tokens} tokens${others}`,
    { hint: `There is nothing to learn from. ${origin}` },
  );
}
