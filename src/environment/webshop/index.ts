/** WebShop: the benchmark's shop, its goals, and the environment made of both. */
export { kindOfAction, parseAction, type ShopAction } from "./actions.ts";
export {
  type AttributeRecord,
  type Catalogue,
  createCatalogue,
  type HumanInstruction,
} from "./catalogue.ts";
export { type WebShopEnvironment, type WebShopOptions, type WebShopTask, webshop } from "./environment.ts";
export { WebShopError } from "./errors.ts";
export { type CatalogueFiles, findCatalogueFiles, loadCatalogue } from "./files.ts";
export type { Goal, GoalOption } from "./goal.ts";
export { type GoalOptions, humanGoals, syntheticGoals } from "./goals.ts";
export {
  type AvailableActions,
  admissibleActions,
  availableActions,
  type ObservationMode,
  renderObservation,
  renderText,
  renderTextRich,
} from "./observation.ts";
export type { OptionGroup, Product, ProductRecord, SyntheticInstruction } from "./product.ts";
export {
  type Difference,
  type FieldReport,
  parseRecordedEpisodes,
  type RecordedEpisode,
  type ReplayField,
  type ReplayReport,
  replayEpisodes,
  replayFields,
} from "./replay.ts";
export { type NounTagger, type Purchase, type RewardParts, rewardOf } from "./reward.ts";
export { initialState, type PageName, type Session, type SessionState, type SubPage } from "./session.ts";
export { openShop, type Shop, type ShopOptions } from "./shop.ts";
export {
  assertNoLeak,
  findOverlaps,
  type GoalSplits,
  type Overlap,
  type ProductSplitOptions,
  splitByIndex,
  splitByProduct,
} from "./splits.ts";
export { type SessionStep, stepSession } from "./step.ts";
export { urlOf } from "./urls.ts";
