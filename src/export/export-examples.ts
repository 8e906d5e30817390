import { basename, dirname, join } from "node:path";
import { ConfigurationError, EefError } from "../errors.ts";
import { isStream, nameBeside, writeFileAtomically, writePiecesAtomically } from "../files.ts";
import { InvalidRowError, type RejectedRow } from "../formats/rows.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { ChatTokenizer } from "./chat-tokenizer.ts";
import {
  type DatasetFile,
  type ExampleFormat,
  type PreparedExample,
  UnfitExampleError,
} from "./example-format.ts";
import { originLine } from "./origins.ts";

/** A training example, and where it was read. */
export interface SourcedExample {
  readonly example: TrainingExample;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** What the row holds and an example cannot, by name, and how often. */
  readonly dropped?: Readonly<Record<string, number>>;
  /** How many messages count as targets though the row does not say what is trained on. */
  readonly assumedTargets?: number;
}

export interface ExportExamplesOptions {
  readonly tokenizer?: ChatTokenizer;
  /** Takes the examples that the format cannot hold. Without it, the first of them is thrown. */
  readonly onRejected?: (row: RejectedRow) => void;
}

/** What became of the examples. */
export interface ExportReport {
  readonly examples: number;
  /** Rows written. */
  readonly rows: number;
  /** Messages that are trained on. */
  readonly targets: number;
  /** Examples left out because nothing in them is trained on. */
  readonly withoutTarget: number;
  /** Messages behind the last target, which were cut off. */
  readonly cutMessages: number;
  /** Targets whose weight is not 1, in a format that knows 0 and 1 only: they are written as 1. */
  readonly roundedWeights: number;
  /** Native tool calls that are written as text. */
  readonly callsAsText: number;
  /** Why, each reason once. */
  readonly callsAsTextReasons: readonly string[];
  /** What a reader of the rows should know, in sentences, each with the number of examples that it is about. */
  readonly notes: ReadonlyMap<string, number>;
  /** Examples that the format cannot hold. */
  readonly rejected: number;
  /** Files written beside the dataset. */
  readonly companions: readonly string[];
}

/**
 * Writes examples as a trainer's dataset, whole or not at all. Message texts are written byte for byte.
 *
 * Beside it stand the format's companions and, where a row has no room for them, `<name>.origins.jsonl`: for each
 * example its id, task, weights and origin, and which rows (from 0) it became. Nothing stands beside a pipe or standard output.
 *
 * Throws an EefError if no example is left to write; nothing is written then.
 */
export async function exportExamples(
  file: string,
  examples: AsyncIterable<SourcedExample> | Iterable<SourcedExample>,
  format: ExampleFormat,
  options: ExportExamplesOptions = {},
): Promise<ExportReport> {
  const { tokenizer, onRejected } = options;
  if (format.needsTokenizer === true && tokenizer === undefined) {
    throw new ConfigurationError(`The format ${format.name} writes tokens and needs a tokenizer.`, {
      hint: "Name a folder with tokenizer.json and a chat template: --tokenizer DIR.",
    });
  }
  if (format.layout === "array" && file.endsWith(".jsonl")) {
    throw new ConfigurationError(`The format ${format.name} is one JSON array, not JSON Lines.`, {
      hint: "Give the file a name that ends in .json.",
    });
  }
  const counts = {
    examples: 0,
    rows: 0,
    targets: 0,
    withoutTarget: 0,
    cutMessages: 0,
    roundedWeights: 0,
    callsAsText: 0,
    rejected: 0,
  };
  const origins: string[] = [];
  const notes = new Map<string, number>();
  const callsAsTextReasons = new Set<string>();

  async function* rows(): AsyncGenerator<string> {
    for await (const { example, file: source, line, text } of examples) {
      counts.examples++;
      const prepared = prepare(example);
      if (prepared === undefined) {
        counts.withoutTarget++;
        continue;
      }
      let written: readonly unknown[];
      const ownNotes = new Set<string>();
      const rowOptions = {
        ...(tokenizer === undefined ? {} : { tokenizer }),
        onNote: (note: string) => void ownNotes.add(note),
      };
      try {
        written = format.rowsOf(prepared, rowOptions);
      } catch (error) {
        if (!(error instanceof UnfitExampleError)) throw error;
        if (onRejected === undefined) {
          throw new InvalidRowError(source, line, error.field, error.message);
        }
        counts.rejected++;
        onRejected({ file: source, line, field: error.field, problem: error.message, text });
        continue;
      }
      const rowTexts = written.map((row) => JSON.stringify(row));
      origins.push(originLine(example, rowTexts, counts.rows));
      for (const note of ownNotes) notes.set(note, (notes.get(note) ?? 0) + 1);
      counts.rows += written.length;
      counts.targets += prepared.trained.filter(Boolean).length;
      counts.cutMessages += example.messages.length - prepared.messages.length;
      if (format.keepsWeights !== true) {
        counts.roundedWeights += prepared.weights.filter((weight) => weight !== 0 && weight !== 1).length;
      }
      const calls = prepared.messages.filter(({ toolCall }) => toolCall !== undefined).length;
      const reason = calls === 0 ? undefined : format.callsAsTextBecause?.(prepared, rowOptions);
      if (reason !== undefined) {
        counts.callsAsText += calls;
        callsAsTextReasons.add(reason);
      }
      yield* rowTexts;
    }
    if (counts.rows === 0) throw nothingToWrite(counts);
  }

  await writePiecesAtomically(file, laidOut(rows(), format.layout));
  const dataset: DatasetFile = {
    file,
    name: datasetName(file, format),
    ...(tokenizer === undefined ? {} : { tokenizer }),
  };
  const companions = companionsOf(dataset, format, origins.join(""));
  for (const { path, content } of companions) writeFileAtomically(path, content);
  return {
    ...counts,
    callsAsTextReasons: [...callsAsTextReasons],
    notes,
    companions: companions.map(({ path }) => path),
  };
}

/** The file's name without its format's extension. */
export function datasetName(file: string, { layout }: Pick<ExampleFormat, "layout">): string {
  return basename(file, layout === "array" ? ".json" : ".jsonl");
}

/** The files that stand beside a dataset. */
export function companionsOf(
  dataset: DatasetFile,
  format: ExampleFormat,
  origins = "",
): { readonly path: string; readonly content: string }[] {
  const { file } = dataset;
  if (isStream(file)) return [];
  const own = format.companions?.(dataset) ?? [];
  return [
    ...own.map(({ name, content }) => ({ path: join(dirname(file), name), content })),
    ...(format.keepsOrigin === true ? [] : [{ path: nameBeside(file, "origins"), content: origins }]),
  ];
}

/** Cuts after the last target. Undefined if there is none. */
export function prepare(example: TrainingExample): PreparedExample | undefined {
  const isTrained = (index: number): boolean =>
    example.messages[index]?.role === "assistant" && (example.weights[index] ?? 0) > 0;
  const length = example.messages.findLastIndex((_, index) => isTrained(index)) + 1;
  if (length === 0) return undefined;
  const messages = example.messages.slice(0, length);
  const { messageReasons, ...origin } = example.origin;
  return {
    ...example,
    origin:
      messageReasons === undefined ? origin : { ...origin, messageReasons: messageReasons.slice(0, length) },
    messages,
    weights: messages.map((_, index) => example.weights[index] ?? 0),
    trained: messages.map((_, index) => isTrained(index)),
  };
}

/** Rows in the form of a file: a JSON array, or JSON Lines. */
async function* laidOut(
  rows: AsyncIterable<string>,
  layout: ExampleFormat["layout"],
): AsyncGenerator<string> {
  const [start, between, end] = layout === "array" ? ["[\n", ",\n", "\n]\n"] : ["", "\n", "\n"];
  let separator = start;
  for await (const row of rows) {
    yield `${separator}${row}`;
    separator = between;
  }
  yield end;
}

function nothingToWrite(counts: { examples: number; withoutTarget: number; rejected: number }): EefError {
  return new EefError(
    `There is nothing to write: of ${counts.examples} examples ${counts.withoutTarget} have no target and ${counts.rejected} do not fit the format.`,
    { hint: "Is it the right file, method and iteration?" },
  );
}
