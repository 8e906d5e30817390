import type { Policy } from "../policy/policy.ts";
import type { Message, ToolDeclaration } from "../trajectory.ts";

/** One transcript with a loss weight for each message, and where it came from. */
export interface TrainingExample {
  /** Stable: the same selection gives the same id. */
  readonly id: string;
  readonly taskId: string;
  readonly messages: readonly Message[];
  /** As long as `messages`. Only an assistant message may have a weight other than 0. */
  readonly weights: readonly number[];
  /** The tools that the policy could call, where its actions are native tool calls. */
  readonly tools?: readonly ToolDeclaration[];
  readonly origin: ExampleOrigin;
}

export interface ExampleOrigin {
  /** The winning trajectory whose actions are the targets. */
  readonly trajectoryId: string;
  /** Index of the important state: steps before it are masked context. */
  readonly importantState: number;
  /** One sentence for `eef explain`. */
  readonly reason: string;
  /** The expert trajectory that the winning one begins with (itself, for an expert's own win). */
  readonly expertTrajectoryId?: string;
  /** How many of its first actions are the expert's. */
  readonly expertActions?: number;
  /** As long as `messages`: why each is trained on or masked. */
  readonly messageReasons?: readonly string[];
}

/** A policy at rest: a checkpoint directory, an adapter on a server. */
export interface PolicyReference {
  readonly location: string;
  /** Hash of all that determines its behaviour. */
  readonly version: string;
}

export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  /** Absent where a hosted trainer does not tell. */
  readonly loss?: number;
  readonly tokensPerSecond: number;
}

export interface TrainingRequest {
  readonly base: PolicyReference;
  readonly examples: readonly TrainingExample[];
  readonly seed: number;
  /**
   * Where the new checkpoint goes; written whole or not at all. What stands there already was left by an interrupted run: it is replaced, or
   * taken for the result if it is known to be that of this very request.
   */
  readonly outputDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Told of what a person should know though the training goes on, in one line. */
  readonly onNote?: (text: string) => void;
}

export interface TrainingResult {
  readonly policy: PolicyReference;
  readonly usage: { readonly trainedTokens: number; readonly targetTokens: number; readonly seconds: number };
  /** Mean loss per optimiser step, in order. */
  readonly losses: readonly number[];
  /** What whoever reads the results should know of the training, a line each, such as examples that were cut. */
  readonly remarks?: readonly string[];
}

/** A training that is ready to be started by hand. */
export interface PreparedTraining {
  readonly folder: string;
  /** The dataset first, then the configuration. */
  readonly files: readonly string[];
  /** As it would be typed into a shell. No secrets. */
  readonly command: string;
  /** What the dataset holds, in one line. */
  readonly summary: string;
}

export interface OpenOptions {
  /** Aborted when the run is stopped: a model that is being brought up is not waited for. */
  readonly signal?: AbortSignal;
}

/** Fine-tunes a student by SFT and opens what it made. */
export interface Trainer {
  readonly name: string;
  /** Every setting that decides what training gives, as JSON data: part of the identity of a fine-tuning. No secrets. */
  describe?(): unknown;
  /** The model every fine-tuning starts from (unless told to continue). */
  base(): Promise<PolicyReference>;
  /** Writes everything that `train` would write before it starts, and starts nothing. Only of trainers that are programs of their own. */
  prepare?(request: TrainingRequest): Promise<PreparedTraining>;
  train(request: TrainingRequest): Promise<TrainingResult>;
  open(reference: PolicyReference, options?: OpenOptions): Promise<Policy>;
}
