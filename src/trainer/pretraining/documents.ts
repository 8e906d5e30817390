import { ConfigurationError } from "../../errors.ts";
import { createTokenizer, type StudentTokenizer } from "../../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../../model/tokenizer/train.ts";
import { copyingExercises, stageOf } from "./copying.ts";
import type { DrawDocument, Exercise, Stage } from "./stage.ts";

/**
 * A tokenizer that knows the documents' words. The same documents give the same vocabulary.
 * @param vocabularySize Tokens in all; words that are rarer than what fits in fall apart into several.
 */
export function documentsTokenizer(documents: readonly Exercise[], vocabularySize = 1664): StudentTokenizer {
  requireDocuments(documents);
  const texts = documents.flatMap(({ messages }) => messages.map(({ content }) => content));
  return createTokenizer(trainTokenizer(texts, { vocabularySize }));
}

/** The documents, each drawn at random, as often as the text lasts. Copying goes on, or a network forgets how to with words that are rare. */
export function documentsStage(documents: readonly Exercise[], scale: number): Stage {
  requireDocuments(documents);
  const drawDocument: DrawDocument = (random) => random.pick(documents);
  const exercises = { "long repeats": copyingExercises["long repeats"], documents: drawDocument };
  return stageOf("documents", 4e6 * scale, exercises, { "long repeats": 1, documents: 4 });
}

function requireDocuments(documents: readonly Exercise[]): void {
  if (documents.length > 0) return;
  throw new ConfigurationError("There are no documents to pretrain on.");
}
