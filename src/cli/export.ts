import { defineCommand } from "citty";
import { ConfigurationError, EefError } from "../errors.ts";
import { openChatTokenizer } from "../export/chat-tokenizer.ts";
import { exampleFormatNamed, exampleFormats } from "../export/example-formats.ts";
import { datasetName, type ExportReport, exportExamples } from "../export/export-examples.ts";
import { readExamples } from "../export/read-examples.ts";
import { toAtif } from "../formats/atif.ts";
import { readTrajectories } from "../formats/formats.ts";
import { writeJsonLines } from "../formats/json-lines.ts";
import { printableLine } from "../report/printable.ts";
import { readTrainingTrajectories } from "../run/read-selections.ts";
import { readRunDirectory } from "../run/run-directory.ts";
import { droppedFieldsNote } from "./dropped-fields.ts";
import { exampleFile, exampleSourceArguments, isDirectory } from "./example-source.ts";
import { collectRejectedRows, type RejectedRows } from "./rejected-rows.ts";

export const examples = [
  "eef export runs/latest --to axolotl --out train.jsonl",
  'eef export runs/latest --method "RFT x6" --iteration 1 --to together --out train.jsonl',
  "eef export examples.jsonl --to trl-tokens --tokenizer Llama-3-8B-Instruct --out train.jsonl",
  "eef export trajectories.jsonl --to atif --out atif.jsonl",
];

export default defineCommand({
  meta: {
    description: "Write what a method trains on as another trainer's dataset, or trajectories as ATIF",
  },
  args: {
    ...exampleSourceArguments,
    to: {
      type: "string",
      required: true,
      description: `The format: ${[...exampleFormats.map(({ name }) => name), "atif"].join(", ")}`,
      valueHint: "FORMAT",
    },
    tokenizer: {
      type: "string",
      description: "A Hugging Face tokenizer directory, for formats that hold tokens",
      valueHint: "DIR",
    },
    template: {
      type: "string",
      description: "A chat template instead of the tokenizer's",
      valueHint: "FILE",
    },
    out: { type: "string", required: true, description: "The file to write", valueHint: "FILE" },
  },
  run: async ({ args }) => {
    const rejected = collectRejectedRows(args.out);
    if (args.to === "atif") {
      if (args.method !== undefined || args.iteration !== undefined) {
        throw new ConfigurationError("atif holds trajectories, which belong to no method and iteration.", {
          hint: "Of a run, the experts' trajectories are exported: leave --method and --iteration out.",
        });
      }
      await exportTrajectories(args, rejected);
      return;
    }
    const format = exampleFormatNamed(args.to);
    const tokenizer =
      args.tokenizer === undefined ? undefined : await openChatTokenizer(args.tokenizer, args.template);
    const file = exampleFile(args);
    if (file === args.out) throw new ConfigurationError(`${file} would be written over itself.`);
    const report = await exportExamples(args.out, readExamples(file, rejected.add), format, {
      ...(tokenizer === undefined ? {} : { tokenizer }),
      onRejected: rejected.add,
    }).catch((error: unknown) => {
      rejected.report();
      if (error instanceof EefError) rejected.throwFirst();
      throw error;
    });
    rejected.report();
    for (const line of describe(report, args.out)) console.log(line);
    const dataset = { file: args.out, name: datasetName(args.out) };
    console.log(format.usage(tokenizer === undefined ? dataset : { ...dataset, tokenizer }));
  },
});

function describe(report: ExportReport, file: string): string[] {
  const { examples, rows, targets, withoutTarget, cutMessages, roundedWeights, callsAsText, companions } =
    report;
  const reasons = report.callsAsTextReasons.map((reason) => printableLine(reason, 300));
  return [
    `Wrote ${counted(rows, "row")} with ${counted(targets, "target")} from ${counted(examples, "example")} to ${file}.`,
    ...(withoutTarget === 0 ? [] : [`Left out: ${counted(withoutTarget, "example")} without a target.`]),
    ...(cutMessages === 0
      ? []
      : [`Left out: ${counted(cutMessages, "message")} behind the last target of its example.`]),
    ...(roundedWeights === 0
      ? []
      : [
          `Lost: ${counted(roundedWeights, "weight")} other than 0 and 1, which this format cannot hold. Written as 1.`,
        ]),
    ...(callsAsText === 0
      ? []
      : [`Changed: ${counted(callsAsText, "native tool call")}, written as text: ${reasons.join("; ")}.`]),
    ...companions.map((path) =>
      path.endsWith(".origins.jsonl")
        ? `Beside it: ${path}, with the id, weights, origin and reasons of each example, for which its rows have no room.`
        : `Beside it: ${path}.`,
    ),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The experts' trajectories of a run, or the trajectories of a file, one ATIF document a line. */
async function exportTrajectories(
  { source, out }: { readonly source: string; readonly out: string },
  rejected: RejectedRows,
): Promise<void> {
  if (source === out) throw new ConfigurationError(`${source} would be written over itself.`);
  const dropped: Record<string, number>[] = [];
  async function* documents() {
    if (isDirectory(source)) {
      using directory = readRunDirectory(source);
      yield* readTrainingTrajectories(directory).map(toAtif);
      return;
    }
    for await (const imported of readTrajectories(source, { onRejected: rejected.add })) {
      dropped.push({ ...imported.dropped });
      yield toAtif(imported.trajectory);
    }
  }
  const count = await writeJsonLines(out, documents());
  rejected.report();
  if (count === 0) rejected.throwFirst();
  console.log(`Wrote ${counted(count, "ATIF 1.7 document")} to ${out}, one a line.`);
  const note = droppedFieldsNote(dropped);
  console.log(note === "" ? "Nothing was lost." : note);
}
