import type { ExampleFormat } from "../../export/example-format.ts";
import type { ModelKind } from "./model-directory.ts";
import type { Command } from "./process/supervised-process.ts";
import type { ProgressReader } from "./progress-reader.ts";

/** What a program is to train, and where. All paths are absolute. */
export interface TrainingPlan {
  /** The model to start from: a name on the hub, or a directory. */
  readonly model: string;
  readonly dataset: string;
  /** Rows of the dataset. */
  readonly rows: number;
  /** A folder of its own for everything but the model: configuration, dataset, log. */
  readonly folder: string;
  /** Where the program writes its checkpoints and the model. */
  readonly output: string;
  readonly seed: number;
  /** A checkpoint of the same training to go on from. */
  readonly checkpoint?: string;
}

/** A file that the program reads. */
export interface ProgramFile {
  /** Inside the plan's folder. */
  readonly name: string;
  readonly content: string;
}

/** A trainer that is started by a command: what it reads, how it is called, and where it leaves its model. */
export interface TrainerProgram {
  readonly name: string;
  /** The form of the dataset. */
  readonly format: ExampleFormat;
  /** The dataset's file name. */
  readonly datasetName: string;
  /** A tokenizer directory, for a format of tokens and for exact counts. */
  readonly tokenizer?: string;
  /** A Jinja file, in place of the tokenizer's own chat template. */
  readonly chatTemplate?: string;
  /** Whether it trains an adapter or a whole model. */
  readonly kind: ModelKind;
  files(plan: TrainingPlan): readonly ProgramFile[];
  command(plan: TrainingPlan): Command;
  readonly readProgress: ProgressReader;
  /** Whether every training of it tells losses: one that tells none has gone wrong. */
  readonly tellsLosses: boolean;
  /** Where it may have left its model: directories below `output`, or that itself; the first that holds one counts. */
  modelDirectories(output: string): readonly string[];
}
