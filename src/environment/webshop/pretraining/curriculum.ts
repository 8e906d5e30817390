import { copyingExercises, copyingStages, stageOf } from "../../../trainer/pretraining/copying.ts";
import { randomListings, recentMembership } from "../../../trainer/pretraining/random-tokens.ts";
import type { DrawDocument, ExerciseKind, Stage } from "../../../trainer/pretraining/stage.ts";
import { browsing, comparing, copying, findingOptions, judging, outlining, wording } from "./documents.ts";

/** Every kind of document, for whoever wants to see their words: the tokenizer is learned from them. */
const documents = {
  copying,
  wording,
  outlining,
  comparing,
  "judging one": judging(1, 1),
  "judging few": judging(2, 4),
  "judging many": judging(5, 10),
  "finding options": findingOptions,
  browsing,
} satisfies Record<string, DrawDocument>;

export const readingDocuments: readonly DrawDocument[] = Object.values(documents);

const kinds = {
  ...documents,
  ...copyingExercises,
  membership: recentMembership({ lists: [1, 4], length: [2, 8], questions: [4, 10] }),
  "random listings": randomListings({ items: [1, 6], criteria: [1, 4] }),
} satisfies Record<string, ExerciseKind["draw"]>;

/**
 * The order in which a new network learns to read a shop: first to copy and to tell what is absent, from random
 * tokens, few at first, where nothing else helps; then to read pages. `docs/log.md` tells what happens without
 * that order.
 * @param scale Multiplies all amounts of text.
 */
export function readingCurriculum(scale = 1): Stage[] {
  const emphasis = { words: ["yes", "no", "seen", "done"], weight: 3 };
  const stage = (
    name: string,
    millions: number,
    weights: Partial<Record<keyof typeof kinds, number>>,
  ): Stage => ({ ...stageOf(name, millions * scale * 1e6, kinds, weights), emphasis });
  return [
    ...copyingStages(scale),
    stage("membership", 1.2, { "long repeats": 3, membership: 7 }),
    stage("random listings", 1.4, { "long repeats": 2, membership: 3, "random listings": 6 }),
    stage("outlines", 1.2, {
      membership: 2,
      "random listings": 2,
      copying: 0.5,
      outlining: 3,
      comparing: 1.5,
      "judging one": 1.5,
      "judging few": 1.5,
    }),
    stage("pages", 6.5, {
      membership: 3,
      "random listings": 1,
      copying: 0.3,
      wording: 0.5,
      outlining: 1.5,
      comparing: 1,
      "judging one": 1,
      "judging few": 2,
      "judging many": 3,
      "finding options": 1,
      browsing: 1.5,
    }),
  ];
}
