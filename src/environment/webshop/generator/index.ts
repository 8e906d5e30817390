export { type AnswerFinder, createAnswerFinder } from "./answers.ts";
export * from "./catalogue.ts";
export {
  createDefaultTask,
  type DefaultTask,
  type DefaultTaskOptions,
  defaultTaskOptionsSchema,
} from "./default-task.ts";
export { describeTask, type GoalDifficulty, goalDifficulty } from "./describe-task.ts";
export { brands, productTypes } from "./lexicon.ts";
export { type CatalogueOptions, catalogueOptionsSchema } from "./options.ts";
export { type AnswerSplitOptions, findSharedAnswers, type SharedAnswers, splitByAnswer } from "./splits.ts";
