/** The embedded student: a Llama whose training and decoding are ONNX graphs. This file is what others import. */
export { OutOfMemoryError } from "../graph/out-of-memory.ts";
export { createDecodingSession } from "./decoding.ts";
export { ContextOverflowError, TrainingDivergedError } from "./errors.ts";
export {
  type AdaptableModule,
  type Adapter,
  adaptableModules,
  adaptedModules,
  adapterShapes,
  checkLoraOptions,
  initialAdapter,
  type LoraOptions,
  mergeAdapter,
} from "./lora.ts";
export { createLoraSession, type LoraSessionOptions } from "./lora-training.ts";
export { checkParameters, initialParameters, parameterShapes } from "./parameters.ts";
export { createTrainingSession } from "./training.ts";
export { tokensAtOnce } from "./training-memory.ts";
export type {
  AppendRow,
  DecodingSession,
  DecodingSessionOptions,
  LearningOptions,
  LlamaConfiguration,
  OptimizerState,
  Parameters,
  RopeScaling,
  StepResult,
  Tensor,
  TrainingBatch,
  TrainingSession,
  TrainingSessionOptions,
} from "./types.ts";
