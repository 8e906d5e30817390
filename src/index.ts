/// <reference lib="esnext.disposable" preserve="true" />
/** The public API: everything a configuration, an environment, a policy or a trainer of one's own needs. */

export { type ActionTool, type TextToolOptions, textTool } from "./environment/action-tool.ts";
export type {
  Environment,
  EnvironmentIncident,
  Episode,
  StartOptions,
  StepResult,
} from "./environment/environment.ts";
export {
  type GoldOptions,
  leakedPairs,
  type PlayRandomFailuresOptions,
  playGold,
  playRandomFailures,
  playSpoiledGold,
  type ReplayCounts,
  type ScienceWorldEnvironment,
  ScienceWorldError,
  type ScienceWorldOptions,
  type ScienceWorldTask,
  SimulatorLostError,
  type SpoiledGoldOptions,
  scienceworld,
} from "./environment/scienceworld/index.ts";
export {
  createRandomFailuresExpert,
  createScriptedExpert,
  createWeakScriptedExpert,
  type RandomFailuresOptions,
  type ScriptedExpertOptions,
} from "./environment/webshop/expert/index.ts";
export {
  type AnswerFinder,
  type AnswerSplitOptions,
  createAnswerFinder,
  createDefaultTask,
  type DefaultTask,
  type DefaultTaskOptions,
  findSharedAnswers,
  type SharedAnswers,
  splitByAnswer,
} from "./environment/webshop/generator/index.ts";
export {
  assertNoLeak,
  type Catalogue,
  createCatalogue,
  findOverlaps,
  type Goal,
  type GoalSplits,
  humanGoals,
  loadCatalogue,
  openShop,
  parseRecordedEpisodes,
  replayEpisodes,
  splitByIndex,
  splitByProduct,
  syntheticGoals,
  type WebShopEnvironment,
  type WebShopOptions,
  type WebShopTask,
  webshop,
} from "./environment/webshop/index.ts";
export {
  ConfigurationError,
  EefError,
  type EefErrorOptions,
  InvalidFileError,
  ReplayDivergedError,
} from "./errors.ts";
export { type ChatTokenizer, type MaskedTokens, openChatTokenizer } from "./export/chat-tokenizer.ts";
export {
  type Companion,
  type ExampleFormat,
  type PreparedExample,
  UnfitExampleError,
} from "./export/example-format.ts";
export { exampleFormatNamed, exampleFormats } from "./export/example-formats.ts";
export {
  type ExportExamplesOptions,
  type ExportReport,
  exportExamples,
  type SourcedExample,
} from "./export/export-examples.ts";
export { type Preview, type PreviewOptions, previewExample } from "./export/preview.ts";
export { readExamples } from "./export/read-examples.ts";
export { toAtif } from "./formats/atif.ts";
export type { ImportedTrajectory, ReadOptions } from "./formats/format.ts";
export { type ReadTrajectoriesOptions, readTrajectories } from "./formats/formats.ts";
export { type ReEnactedTrajectory, reEnact } from "./formats/re-enact.ts";
export { type KnownGoal, type RestoredGoals, restoreGoals } from "./formats/restore-goals.ts";
export type { RejectedRow } from "./formats/rows.ts";
export { type EefOptions, eef } from "./methods/eef.ts";
export { type Explanation, explain } from "./methods/explain.ts";
export { formatExplanation } from "./methods/explain-text.ts";
export type { Method, MethodContext, SimulationRequest } from "./methods/method.ts";
export { type RftOptions, rft } from "./methods/rft.ts";
export { type Selection, type SelectionInput, type SelectionOptions, select } from "./methods/selection.ts";
export { type SftOptions, sft } from "./methods/sft.ts";
export { type Simulation, simulationOf } from "./methods/simulation.ts";
export { loadAdapter, saveAdapter } from "./model/checkpoint/adapter-files.ts";
export {
  type Checkpoint,
  type CheckpointContent,
  checkpointVersion,
  loadCheckpoint,
  saveCheckpoint,
} from "./model/checkpoint/checkpoint.ts";
export type { DeviceOption } from "./model/graph/device.ts";
export {
  type AdaptableModule,
  type Adapter,
  ContextOverflowError,
  type LlamaConfiguration,
  type LoraOptions,
  mergeAdapter,
  OutOfMemoryError,
  type Parameters,
  type Tensor,
  TrainingDivergedError,
} from "./model/llama/llama.ts";
export type { Tokenizer } from "./model/tokenizer/tokenizer.ts";
export { type AiSdkPolicyOptions, createAiSdkPolicy } from "./policy/ai-sdk.ts";
export { PolicyError } from "./policy/chat/policy-error.ts";
export { type ChatPolicyOptions, chatPolicy } from "./policy/chat.ts";
export {
  createEmbeddedPolicy,
  type EmbeddedPolicyOptions,
  type EmbeddedPolicySource,
} from "./policy/embedded.ts";
export { formatMessage, type ParsedMessage, parseMessage } from "./policy/message-format.ts";
export type { ActRequest, ActResult, Policy, ServiceUsage, UsageAccount } from "./policy/policy.ts";
export { type RecordedExpertOptions, recordedExpert } from "./policy/recorded.ts";
export { createRandom, deriveSeed, type Random } from "./random.ts";
export { methodResults } from "./report/method-results.ts";
export type { RunResults } from "./report/results.ts";
export { type ResultsTable, type ResultsTableOptions, resultsTable } from "./report/table.ts";
export { resultsTableToMarkdown, resultsTableToText } from "./report/table-format.ts";
export type { Executor, ExecutorOptions, RolloutRequest } from "./rollout/executor.ts";
export { type LocalExecutorOptions, localExecutor } from "./rollout/local.ts";
export {
  type ConfigArguments,
  type ConfigFunction,
  defineConfig,
  type EefConfig,
  type Expert,
  type RunConfig,
  resolveConfig,
} from "./run/config.ts";
export { HeldOutTaskError, InterruptedError, RunLockedError } from "./run/errors.ts";
export { type PipelineOptions, runPipeline, type StopAfter } from "./run/pipeline.ts";
export type { Progress, Work } from "./run/progress.ts";
export { readResults } from "./run/results.ts";
export { type RunDirectory, readRunDirectory, runPath } from "./run/run-directory.ts";
export { type EmbeddedTrainerOptions, embeddedTrainer } from "./trainer/embedded.ts";
export { type AxolotlTrainerOptions, axolotlTrainer } from "./trainer/external/axolotl.ts";
export { type CommandTrainerOptions, commandTrainer } from "./trainer/external/command.ts";
export { ProgramFailedError } from "./trainer/external/errors.ts";
export { ServiceError } from "./trainer/external/http.ts";
export { type MsSwiftTrainerOptions, msSwiftTrainer } from "./trainer/external/ms-swift.ts";
export { type HostedModelOptions, hostedModel } from "./trainer/external/serving/hosted-model.ts";
export type { ModelServer, ServedModel, StudentOptions } from "./trainer/external/serving/model-server.ts";
export { type RestartedServerOptions, restartedServer } from "./trainer/external/serving/restarted-server.ts";
export { type VllmAdaptersOptions, vllmAdapters } from "./trainer/external/serving/vllm-adapters.ts";
export { type TogetherTrainerOptions, togetherTrainer } from "./trainer/external/together/trainer.ts";
export { type TrlTrainerOptions, trlTrainer } from "./trainer/external/trl.ts";
export { shippedBase } from "./trainer/shipped-base.ts";
export type {
  PolicyReference,
  PreparedTraining,
  Trainer,
  TrainingExample,
  TrainingProgress,
  TrainingRequest,
  TrainingResult,
} from "./trainer/trainer.ts";
export {
  isWin,
  type Message,
  type Split,
  type Step,
  type StopReason,
  type Task,
  type ToolCall,
  type ToolDeclaration,
  type Trajectory,
  transcript,
} from "./trajectory.ts";
