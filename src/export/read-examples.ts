import { basename } from "node:path";
import { z } from "zod";
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
import type { Message } from "../trajectory.ts";
import type { SourcedExample } from "./export-examples.ts";

/**
 * Training examples from a file: in the canonical form, as messages with `weight`, `train` or `loss` (what most of our exporters
 * write), or as ShareGPT conversations with `loss` (AgentGym). An assistant message without such a field is trained on, as
 * the trainers that know the field have it.
 *
 * @param onRejected Takes the rows that cannot be read. Without it, the first of them is thrown.
 * Throws an InvalidFileError that names file, line and field, and a ConfigurationError if the file holds trajectories.
 */
export async function* readExamples(
  file: string,
  onRejected?: (row: RejectedRow) => void,
): AsyncGenerator<SourcedExample> {
  for await (const row of readRows(file)) {
    try {
      const example = exampleOf(file, row);
      checkWeights(file, row, example);
      yield { example, file, ...row };
    } catch (error) {
      if (!(error instanceof InvalidRowError) || onRejected === undefined) throw error;
      onRejected({ ...row, file, field: error.field, problem: error.problem });
    }
  }
}

const weight = z.union([z.number(), z.boolean()]).nullish();
const messagesSchema = z.looseObject({
  messages: z.array(
    z.looseObject({
      role: z.enum(["system", "user", "assistant"]),
      content: z.string(),
      weight,
      train: weight,
      loss: weight,
    }),
  ),
});
const shareGptSchema = z.looseObject({
  conversations: z.array(
    z.looseObject({ from: z.enum(["system", "human", "gpt"]), value: z.string(), loss: weight }),
  ),
});
const shareGptRoles = { system: "system", human: "user", gpt: "assistant" } as const;

function exampleOf(file: string, row: Row): TrainingExample {
  const value = parseRowJson(file, row);
  const line = { line: row.line, value };
  // Those of other forms hold messages, which can be read as examples.
  if ([nativeFormat, atifFormat].some((format) => format.recognizes(value, row.text))) {
    throw trajectoriesGiven(file);
  }
  if (typeof value === "object" && value !== null && "weights" in value) {
    return parseLine(file, line, trainingExampleSchema);
  }
  if (typeof value === "object" && value !== null && "conversations" in value) {
    const { conversations, ...rest } = parseLine(file, line, shareGptSchema);
    const messages = conversations.map(({ from, value: content }) => ({
      role: shareGptRoles[from],
      content,
    }));
    return foreignExample(
      file,
      row,
      rest,
      messages,
      conversations.map(({ loss }) => loss),
    );
  }
  if (typeof value === "object" && value !== null && "input_ids" in value) {
    throw new InvalidRowError(file, row.line, "input_ids", "tokens cannot be turned back into messages");
  }
  const { messages, ...rest } = parseLine(file, line, messagesSchema);
  return foreignExample(
    file,
    row,
    rest,
    messages.map(({ role, content }) => ({ role, content })),
    messages.map(({ weight, train, loss }) => weight ?? train ?? loss),
  );
}

function trajectoriesGiven(file: string): ConfigurationError {
  return new ConfigurationError(`${file} holds trajectories, not training examples.`, {
    hint: `A method makes examples of them in a run: name the run's directory (eef export runs/latest), or give a run this file as its expert (recordedExpert). As trajectories they are written by: eef export ${file} --to atif`,
  });
}

function foreignExample(
  file: string,
  { line }: Row,
  rest: Readonly<Record<string, unknown>>,
  messages: readonly Message[],
  flags: readonly (number | boolean | null | undefined)[],
): TrainingExample {
  const given = rest.id ?? rest.item_id;
  const id =
    typeof given === "string" || typeof given === "number"
      ? String(given)
      : `${basename(file).replace(/\.[^.]*$/, "")}-${line}`;
  return {
    id,
    taskId: id,
    messages,
    weights: messages.map(({ role }, index) => Number(flags[index] ?? role === "assistant")),
    origin: { trajectoryId: id, importantState: 0, reason: `Read from ${basename(file)}, line ${line}.` },
  };
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
