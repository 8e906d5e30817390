import { ConfigurationError } from "../errors.ts";
import { atifFormat } from "../formats/atif.ts";
import { nativeFormat } from "../formats/native.ts";
import {
  InvalidRowError,
  parseLine,
  parseRowJson,
  type RejectedRow,
  type Row,
  readRows,
} from "../formats/rows.ts";
import { trainingExampleSchema } from "../methods/examples.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { SourcedExample } from "./export-examples.ts";
import { type ForeignExample, foreignExample, type UnflaggedTargets } from "./foreign-example.ts";
import { type KnownRow, readOrigins, restoreExample } from "./origins.ts";

export interface ReadExamplesOptions {
  /** Which of the assistant's messages are trained on in rows that do not say so: `all` (the default, as trainers have it), or the `last`. */
  readonly train?: UnflaggedTargets;
  /** Takes the rows that cannot be read. Without it, the first of them is thrown. */
  readonly onRejected?: (row: RejectedRow) => void;
}

/**
 * Training examples of a file, a pipe or standard input (`-`): in the canonical form, as messages with `weight`, `train` or `loss` (what most of our exporters
 * write), or as ShareGPT conversations with `loss` (AgentGym). Beside an assistant's message with such a field, one without is trained on, as
 * the trainers that know the field have it. Rows of which `NAME.origins.jsonl` tells more are the examples that they were made of.
 *
 * Throws an InvalidFileError that names file, line and field, and a ConfigurationError if the file holds trajectories.
 */
export async function* readExamples(
  file: string,
  options: ReadExamplesOptions = {},
): AsyncGenerator<SourcedExample> {
  const { onRejected } = options;
  const knownRow = await readOrigins(file);
  /** The first rows of an example that became several. */
  let begun: { row: Row; known: KnownRow }[] = [];
  const unfinished = function* (): Generator<SourcedExample> {
    for (const { row, known } of begun) {
      yield { file, ...row, example: restoreExample(file, row, known, "last") };
    }
    begun = [];
  };
  for await (const row of readRows(file)) {
    const known = knownRow(row);
    if (known?.origin !== begun[0]?.known.origin || known?.part !== begun.length) yield* unfinished();
    if (known !== undefined && known.part === begun.length) {
      begun.push({ row, known });
      if (begun.length < known.origin.digests.length) continue;
      begun = [];
      const example = restoreExample(file, row, known, "all");
      // One of several rows does not tell all that they are.
      const text = known.part === 0 ? row.text : JSON.stringify(example);
      yield { file, line: row.line, text, example };
    } else if (known !== undefined) {
      yield { file, ...row, example: restoreExample(file, row, known, "last") };
    } else {
      try {
        const read = readExample(file, row, options);
        checkWeights(file, row, read.example);
        yield { file, ...row, ...read };
      } catch (error) {
        if (!(error instanceof InvalidRowError) || onRejected === undefined) throw error;
        const { line, text } = row;
        onRejected({ file, line, field: error.field, problem: error.problem, text });
      }
    }
  }
  yield* unfinished();
}

function readExample(file: string, row: Row, { train = "all" }: ReadExamplesOptions): ForeignExample {
  const value = parseRowJson(file, row);
  // Those of other forms hold messages, which can be read as examples.
  if ([nativeFormat, atifFormat].some((format) => format.recognizes(value, row.text))) {
    throw trajectoriesGiven(file);
  }
  if (typeof value === "object" && value !== null && "weights" in value) {
    return { example: parseLine(file, { line: row.line, value }, trainingExampleSchema) };
  }
  return foreignExample(value, { file, ...row }, train);
}

function trajectoriesGiven(file: string): ConfigurationError {
  return new ConfigurationError(`${file} holds trajectories, not training examples.`, {
    hint: `A method makes examples of them in a run: name the run's directory (eef export runs/latest), or give a run this file as its expert (recordedExpert). As trajectories they are written by: eef export ${file} --to atif`,
  });
}

/** @throws InvalidRowError unless there is a weight for each message, none below 0, and only the assistant's above it. */
function checkWeights(file: string, { line }: Row, { messages, weights, origin }: TrainingExample): void {
  const fail = (field: string, problem: string): never => {
    throw new InvalidRowError(file, line, field, problem);
  };
  if (weights.length !== messages.length) {
    fail("weights", `expected ${messages.length}, one for each message, got ${weights.length}`);
  }
  const reasons = origin.messageReasons?.length ?? messages.length;
  if (reasons !== messages.length) {
    fail("origin.messageReasons", `expected ${messages.length}, one for each message, got ${reasons}`);
  }
  for (const [index, value] of weights.entries()) {
    const role = messages[index]?.role;
    if (!(value >= 0 && Number.isFinite(value)))
      fail(`weights.${index}`, `expected a weight of 0 or more, got ${value}`);
    if (value > 0 && role !== "assistant") {
      fail(`weights.${index}`, `only an assistant message can be trained on, not one of ${role}`);
    }
  }
}
