/** ScienceWorld: the benchmark's own simulator, spoken to from Node, and the environment on it. */
export {
  type ReplayCounts,
  type ScienceWorldEnvironment,
  type ScienceWorldOptions,
  scienceworld,
} from "./environment.ts";
export type { ScienceWorldEpisode } from "./episode.ts";
export { ScienceWorldError, SimulatorLostError } from "./errors.ts";
export {
  type GoldOptions,
  playGold,
  playSpoiledGold,
  type SpoiledGoldOptions,
} from "./expert/gold.ts";
export { type PlayRandomFailuresOptions, playRandomFailures } from "./expert/random-failures.ts";
export type { Simplification } from "./simplifications.ts";
export { leakedPairs, type ScienceWorldTask, selectTasks, type TaskSelection } from "./splits.ts";
