import type { LlamaConfiguration, Parameters, TrainingSession, TrainingSessionOptions } from "./types.ts";

/** Opens a training session on a copy of the parameters. */
export async function createTrainingSession(
  _configuration: LlamaConfiguration,
  _parameters: Parameters,
  _options: TrainingSessionOptions,
): Promise<TrainingSession> {
  throw new Error("createTrainingSession is not implemented yet");
}
