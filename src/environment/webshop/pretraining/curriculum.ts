import type { ExerciseKind, Stage } from "../../../trainer/pretraining/stage.ts";
import { choosing, copying, judging, lookingUp, tickingOff, wording } from "./documents.ts";

const kinds = {
  repeats: { kind: "repeats", length: [4, 12], occurrences: [2, 3, 4, 6] },
  membership: { kind: "membership", length: [1, 16], questions: [4, 12] },
  copying,
  "looking up": lookingUp,
  wording,
  "judging one simply": judging({ wish: "simple", products: [1, 1] }),
  "judging one": judging({ wish: "full", products: [1, 1] }),
  "judging few simply": judging({ wish: "simple", products: [2, 4] }),
  "judging few": judging({ wish: "full", products: [2, 4] }),
  "judging many simply": judging({ wish: "simple", products: [5, 10] }),
  "judging many": judging({ wish: "full", products: [5, 10] }),
  choosing,
  "ticking off": tickingOff,
} satisfies Record<string, ExerciseKind["draw"]>;

/**
 * The order in which a new network learns to read a shop: first to copy and to tell what is absent, from random
 * tokens, where nothing else helps; then to judge products, one, a few, a page of them. `docs/log.md` tells
 * what happens without that order.
 * @param scale Multiplies all amounts of text.
 */
export function readingCurriculum(scale = 1): Stage[] {
  const emphasis = { words: ["yes", "no", "seen", "done"], weight: 3 };
  const stage = (
    name: string,
    millions: number,
    weights: Partial<Record<keyof typeof kinds, number>>,
  ): Stage => ({
    name,
    tokens: Math.round(millions * scale * 1e6),
    exercises: Object.entries(kinds).flatMap(([kind, draw]) => {
      const weight = weights[kind as keyof typeof kinds];
      return weight === undefined ? [] : [{ name: kind, weight, draw }];
    }),
    emphasis,
  });
  return [
    stage("repeats", 0.9, { repeats: 1 }),
    stage("membership", 2, { repeats: 0.1, membership: 1 }),
    stage("one product", 1.5, {
      membership: 2,
      copying: 0.5,
      wording: 0.3,
      "judging one simply": 3,
      "judging one": 2,
      "judging few simply": 1,
      "ticking off": 2,
    }),
    stage("listings", 4, {
      membership: 1,
      copying: 0.2,
      wording: 0.5,
      "judging one": 1,
      "judging few simply": 0.5,
      "judging few": 2,
      "judging many simply": 0.5,
      "judging many": 2.5,
      choosing: 1,
      "ticking off": 2,
    }),
  ];
}

/**
 * Every kind of document, for whoever wants to see their words: the tokenizer is learned from them. A kind that no
 * stage uses any more (looking up) stays, because without it the vocabulary of the shipped base would be another.
 */
export const readingDocuments: readonly Extract<ExerciseKind["draw"], (...random: never[]) => unknown>[] =
  Object.values(kinds).filter((draw) => typeof draw === "function");
