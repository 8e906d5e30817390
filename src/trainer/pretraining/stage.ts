import type { Random } from "../../random.ts";
import type { Message } from "../../trajectory.ts";

/** A text to learn from: the loss is on every assistant message. */
export interface Exercise {
  readonly messages: readonly Message[];
}

/** One kind of document, and how common it is in its stage. */
export interface ExerciseKind {
  readonly name: string;
  /** Part of the stage's documents, relative to the other kinds'. */
  readonly weight: number;
  /** `randomRepeats` for sequences of random tokens that occur several times; loss on all but the first. */
  readonly draw: ((random: Random) => Exercise) | RandomRepeats;
}

/** Random tokens, repeated: what teaches a new network to copy (Olsson et al. 2022, arXiv 2209.11895, induction heads). */
export interface RandomRepeats {
  /** Shortest and longest sequence that is repeated, in tokens. */
  readonly length: readonly [least: number, most: number];
  /** How often it occurs in all; one of these. */
  readonly occurrences: readonly number[];
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
