import { ConfigurationError } from "../../errors.ts";
import { createTokenizer, type StudentTokenizer } from "../../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../../model/tokenizer/train.ts";
import { copyingExercises, copyingStages, stageOf } from "./copying.ts";
import type { DrawDocument, Exercise, Stage } from "./stage.ts";

/** Tokens in all. Words that are rarer than what fits in fall apart into several. */
const vocabularySize = 1664;

/** A tokenizer that knows the documents' words. The same documents give the same vocabulary. */
export function documentsTokenizer(documents: readonly Exercise[]): StudentTokenizer {
  requireDocuments(documents);
  const texts = documents.flatMap(({ messages }) => messages.map(({ content }) => content));
  return createTokenizer(trainTokenizer(texts, { vocabularySize }));
}

/**
 * Copying first, of random tokens, as a new network needs it; then the documents, each drawn at random, as often as the text lasts.
 * @param scale Multiplies all amounts of text.
 */
export function documentsCurriculum(documents: readonly Exercise[], scale = 1): Stage[] {
  requireDocuments(documents);
  const drawDocument: DrawDocument = (random) => random.pick(documents);
  const exercises = { "long repeats": copyingExercises["long repeats"], documents: drawDocument };
  return [
    ...copyingStages(scale),
    stageOf("documents", 4e6 * scale, exercises, { "long repeats": 1, documents: 4 }),
  ];
}

function requireDocuments(documents: readonly Exercise[]): void {
  if (documents.length > 0) return;
  throw new ConfigurationError("There are no documents to pretrain on.");
}
