import { z } from "zod";
import { ConfigurationError } from "../../errors.ts";
import type { ChatTokenizer } from "../../export/chat-tokenizer.ts";
import type { ExampleFormat } from "../../export/example-format.ts";
import { exportExamples } from "../../export/export-examples.ts";
import type { TrainingExample } from "../trainer.ts";
import { type DatasetCounts, datasetCountsSchema } from "./dataset-counts.ts";
import type { WorkFolder } from "./work-folder.ts";

/** Not dataset.json: that is the dataset itself in a format that is one JSON array. */
const countsName = "counts.json";

export interface DatasetOptions {
  readonly format: ExampleFormat;
  /** Its file name in the folder. */
  readonly name: string;
  readonly tokenizer?: ChatTokenizer;
}

/** Writes the examples into the folder, unless an earlier session of the same training did. */
export async function writeDataset(
  folder: WorkFolder,
  examples: readonly TrainingExample[],
  { format, name, tokenizer }: DatasetOptions,
): Promise<DatasetCounts> {
  const earlier = folder.read(countsName, datasetCountsSchema);
  if (earlier !== undefined) return earlier;
  const file = folder.file(name);
  const counter = countTokens(format);
  const leftOut: { readonly example: string; readonly field: string; readonly problem: string }[] = [];
  const { rows, callsAsText, roundedWeights, notes } = await exportExamples(
    file,
    examples.map((example, index) => ({ example, file, line: index + 1, text: example.id })),
    counter.format,
    {
      ...(tokenizer === undefined ? {} : { tokenizer }),
      onRejected: ({ text, field, problem }) => leftOut.push({ example: text, field, problem }),
    },
  ).catch((error: unknown) => {
    const [first] = leftOut;
    throw first === undefined ? error : nothingFits(examples.length, leftOut.length, first.problem);
  });
  const counts = {
    rows,
    ...counter.counts,
    leftOut: leftOut.length,
    callsAsText,
    roundedWeights,
    notes: Object.fromEntries(notes),
  };
  if (leftOut.length > 0) folder.write("left-out.json", leftOut);
  folder.write(countsName, counts);
  return counts;
}

function nothingFits(examples: number, leftOut: number, problem: string): ConfigurationError {
  return new ConfigurationError(
    `There is nothing to train on: ${leftOut} of ${examples} examples do not fit, the first because ${problem}.`,
    { hint: "Allow a larger `contextLength`, if the model has it, or shorten the episodes." },
  );
}

const tokensSchema = z.object({ input_ids: z.array(z.number()), labels: z.array(z.number()) });
const messagesSchema = z.object({
  messages: z.array(z.object({ content: z.string(), tool_calls: z.unknown().optional() })),
});

/** The same format, and the tokens of what goes through it. */
function countTokens(format: ExampleFormat): {
  readonly format: ExampleFormat;
  readonly counts: { tokens: number; targetTokens: number };
} {
  const counts = { tokens: 0, targetTokens: 0 };
  return {
    counts,
    format: {
      ...format,
      rowsOf: (example, options) => {
        const rows = format.rowsOf(example, options);
        for (const row of rows) {
          const tokens = tokensSchema.safeParse(row);
          const texts = messagesSchema.safeParse(row);
          if (tokens.success) {
            counts.tokens += tokens.data.input_ids.length;
            counts.targetTokens += tokens.data.labels.filter((label) => label !== -100).length;
          } else if (texts.success) {
            for (const { content, tool_calls: calls } of texts.data.messages) {
              counts.tokens += tokensOf(content + (calls === undefined ? "" : JSON.stringify(calls)));
            }
          }
        }
        if (format.needsTokenizer !== true) {
          for (const [index, { content }] of example.messages.entries()) {
            if (example.trained[index] === true) counts.targetTokens += tokensOf(content);
          }
        }
        return rows;
      },
    },
  };
}

/** Four characters a token is the usual estimate for English. */
function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}
