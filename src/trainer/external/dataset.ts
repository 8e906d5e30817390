import { z } from "zod";
import type { ChatTokenizer } from "../../export/chat-tokenizer.ts";
import type { ExampleFormat } from "../../export/example-format.ts";
import { exportExamples } from "../../export/export-examples.ts";
import type { TrainingExample } from "../trainer.ts";
import type { WorkFolder } from "./work-folder.ts";

const countsSchema = z.object({
  rows: z.number(),
  /** Of one epoch. Estimated at four characters a token where the rows hold text. */
  tokens: z.number(),
  targetTokens: z.number(),
  /** Examples that the format cannot hold, or that are too long; left-out.json says why. */
  leftOut: z.number(),
});
export type DatasetCounts = z.infer<typeof countsSchema>;

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
  const earlier = folder.read("dataset.json", countsSchema);
  if (earlier !== undefined) return earlier;
  const file = folder.file(name);
  const counter = countTokens(format);
  const leftOut: unknown[] = [];
  const { rows } = await exportExamples(
    file,
    examples.map((example, index) => ({ example, file, line: index + 1, text: example.id })),
    counter.format,
    {
      ...(tokenizer === undefined ? {} : { tokenizer }),
      onRejected: ({ text, field, problem }) => leftOut.push({ example: text, field, problem }),
    },
  );
  const counts = { rows, ...counter.counts, leftOut: leftOut.length };
  if (leftOut.length > 0) folder.write("left-out.json", leftOut);
  folder.write("dataset.json", counts);
  return counts;
}

const tokensSchema = z.object({ input_ids: z.array(z.number()), labels: z.array(z.number()) });

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
          if (tokens.success) {
            counts.tokens += tokens.data.input_ids.length;
            counts.targetTokens += tokens.data.labels.filter((label) => label !== -100).length;
          }
        }
        if (format.needsTokenizer !== true) {
          for (const [index, { content }] of example.messages.entries()) {
            const tokens = Math.ceil(content.length / 4);
            counts.tokens += tokens;
            if (example.trained[index] === true) counts.targetTokens += tokens;
          }
        }
        return rows;
      },
    },
  };
}
