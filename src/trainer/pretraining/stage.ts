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
  /** How to draw one: a document, or what sequence of random tokens. */
  readonly draw: ((random: Random) => Exercise) | RandomRepeats | RandomMembership;
}

/** Random tokens, repeated, with the loss on all but the first occurrence: what teaches a new network to copy (Olsson et al. 2022, arXiv 2209.11895, induction heads). */
export interface RandomRepeats {
  readonly kind: "repeats";
  /** Shortest and longest sequence that is repeated, in tokens. */
  readonly length: readonly [least: number, most: number];
  /** How often it occurs in all; one of these. */
  readonly occurrences: readonly number[];
}

/**
 * Random tokens, then questions: a token, and whether it was among them, with the loss on the answers alone. Nothing
 * else teaches a small network so soon that something can be absent (docs/log.md).
 */
export interface RandomMembership {
  readonly kind: "membership";
  /** Fewest and most tokens to remember. */
  readonly length: readonly [least: number, most: number];
  /** Fewest and most questions about them. */
  readonly questions: readonly [least: number, most: number];
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
