import type { StudentTokenizer } from "../../model/tokenizer/tokenizer.ts";
import type { Random } from "../../random.ts";
import type { Message } from "../../trajectory.ts";
import type { TargetSequence } from "../sequences.ts";

/** A text to learn from. */
export interface Exercise {
  readonly messages: readonly Message[];
  /** Loss weight of each message, of which those of the assistant count. Default: 1 for each. */
  readonly weights?: readonly number[];
}

export type DrawDocument = (random: Random) => Exercise;

/** An exercise of random tokens, without words (`random-tokens.ts`). */
export interface TokenExercise {
  readonly drawTokens: (random: Random, tokenizer: StudentTokenizer) => TargetSequence;
}

/** One kind of document, and how common it is in its stage. */
export interface ExerciseKind {
  readonly name: string;
  /** Part of the stage's documents, relative to the other kinds'. */
  readonly weight: number;
  readonly draw: DrawDocument | TokenExercise;
}

/** A part of the curriculum. */
export interface Stage {
  readonly name: string;
  /** Tokens of context that are read in this stage. */
  readonly tokens: number;
  readonly exercises: readonly ExerciseKind[];
  /** Words whose tokens count more in the loss than others: where the decision lies among much that is copied. */
  readonly emphasis?: { readonly words: readonly string[]; readonly weight: number };
}
