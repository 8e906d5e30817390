import type { TrainingExample } from "../trainer/trainer.ts";
import type { ChatTokenizer } from "./chat-tokenizer.ts";

/**
 * A training example as exporters get it: it has a target, and ends with the last one, because what follows
 * teaches nothing.
 */
export interface PreparedExample extends TrainingExample {
  /** Whether each message is trained on; as long as `messages`. */
  readonly trained: readonly boolean[];
}

export interface ExampleExportOptions {
  readonly tokenizer?: ChatTokenizer;
  /** Takes what a reader of the rows should know, in a sentence. */
  readonly onNote?: (note: string) => void;
}

/** Where a dataset was written. */
export interface DatasetFile {
  /** Path of the dataset. */
  readonly file: string;
  /** The file's name without its extension. */
  readonly name: string;
  readonly tokenizer?: ChatTokenizer;
}

/** A file that belongs to a dataset: a template, a piece of configuration. */
export interface Companion {
  /** Beside the dataset. */
  readonly name: string;
  readonly content: string;
}

/** A dataset format of a trainer. Adding one is one file and a line in example-formats.ts. */
export interface ExampleFormat {
  readonly name: string;
  /** One sentence for the command line. */
  readonly description: string;
  /** How rows stand in the file: one a line, or as one JSON array. */
  readonly layout: "lines" | "array";
  readonly needsTokenizer?: boolean;
  /** True if a row holds the example's id, origin and reasons too. */
  readonly keepsOrigin?: boolean;
  /** True if a row holds weights other than 0 and 1. */
  readonly keepsWeights?: boolean;
  /** Why the native tool calls of an example are written by their text form, if they are. */
  callsAsTextBecause?(example: PreparedExample, options: ExampleExportOptions): string | undefined;
  /**
   * The rows of one example, as JSON data.
   * @throws UnfitExampleError if the format cannot take this example.
   */
  rowsOf(example: PreparedExample, options: ExampleExportOptions): readonly unknown[];
  companions?(dataset: DatasetFile): readonly Companion[];
  /** What to do with the file: the settings without which the trainer would train on something else. */
  usage(dataset: DatasetFile): string;
}

/** A format cannot take an example. The exporter sets the example aside and goes on. */
export class UnfitExampleError extends Error {
  override readonly name = "UnfitExampleError";
  readonly field: string;

  constructor(field: string, problem: string) {
    super(problem);
    this.field = field;
  }
}
