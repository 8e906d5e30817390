import { defineCommand } from "citty";
import { ConfigurationError, EefError } from "../errors.ts";
import { openChatTokenizer } from "../export/chat-tokenizer.ts";
import { exampleFormatNamed, exampleFormats } from "../export/example-formats.ts";
import { companionsOf, datasetName, type ExportReport, exportExamples } from "../export/export-examples.ts";
import { readExamples } from "../export/read-examples.ts";
import { isStream } from "../files.ts";
import { toAtif } from "../formats/atif.ts";
import type { ImportedTrajectory } from "../formats/format.ts";
import { readTrajectories } from "../formats/formats.ts";
import { writeJsonLines } from "../formats/json-lines.ts";
import { printableLine } from "../report/printable.ts";
import { readTrainingTrajectories } from "../run/read-selections.ts";
import { readRunDirectory } from "../run/run-directory.ts";
import { droppedFieldsNote } from "./dropped-fields.ts";
import { exampleFile, exampleSourceArguments, isDirectory, unflaggedTargets } from "./example-source.ts";
import { refuseOverwriting, speakerFor } from "./output-file.ts";
import { withReadingNotes } from "./reading-notes.ts";
import { collectRejectedRows, type RejectedRows } from "./rejected-rows.ts";
import { endWhereUnread } from "./standard-output.ts";

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
    out: {
      type: "string",
      required: true,
      description: "The file to write; - is standard output",
      valueHint: "FILE",
    },
  },
  run: async ({ args }) => {
    if (isStream(args.out)) endWhereUnread();
    const rejected = collectRejectedRows(args.out);
    if (args.to === "atif") {
      refuseForTrajectories(args);
      await exportTrajectories(args, rejected);
      return;
    }
    const format = exampleFormatNamed(args.to, ["atif (trajectories: ATIF 1.7, one document a line)"]);
    const tokenizer =
      args.tokenizer === undefined ? undefined : await openChatTokenizer(args.tokenizer, args.template);
    const file = exampleFile(args);
    const dataset = {
      file: args.out,
      name: datasetName(args.out, format),
      ...(tokenizer === undefined ? {} : { tokenizer }),
    };
    const companions = companionsOf(dataset, format).map(({ path }) => path);
    refuseOverwriting([file, args.template], [args.out, rejected.file, ...companions]);
    const source = readExamples(file, { train: unflaggedTargets(args.train), onRejected: rejected.add });
    const report = await exportExamples(args.out, withReadingNotes(source), format, {
      ...(tokenizer === undefined ? {} : { tokenizer }),
      onRejected: rejected.add,
    }).catch((error: unknown) => {
      rejected.report();
      if (error instanceof EefError) rejected.throwFirst();
      throw error;
    });
    rejected.report();
    const say = speakerFor(args.out);
    for (const line of describe(report, args.out)) say(line);
    say(format.usage(dataset));
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
    ...[...report.notes].map(
      ([note, times]) => `Note on ${counted(times, "example")}: ${printableLine(note, 400)}`,
    ),
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
  refuseOverwriting([source], [out, rejected.file]);
  const dropped: Record<string, number>[] = [];
  async function* documents() {
    let isEmpty = true;
    for await (const { trajectory, dropped: lost = {} } of trajectoriesOf(source, rejected)) {
      isEmpty = false;
      dropped.push(lost);
      yield toAtif(trajectory);
    }
    rejected.report();
    // Before the new file takes the place of the old one.
    if (isEmpty) {
      rejected.throwFirst();
      throw new EefError(`${source} holds no trajectory.`, { hint: "Is it the right file or run?" });
    }
  }
  const count = await writeJsonLines(out, documents());
  const say = speakerFor(out);
  say(`Wrote ${counted(count, "ATIF 1.7 document")} to ${out}, one a line.`);
  const note = droppedFieldsNote(dropped, "a trajectory");
  say(note === "" ? "Nothing was lost." : note);
}

async function* trajectoriesOf(source: string, rejected: RejectedRows): AsyncGenerator<ImportedTrajectory> {
  if (!isDirectory(source)) {
    yield* readTrajectories(source, { onRejected: rejected.add });
    return;
  }
  using directory = readRunDirectory(source);
  for (const trajectory of readTrainingTrajectories(directory)) yield { trajectory };
}

/** @throws ConfigurationError for an option that says something about examples only. */
function refuseForTrajectories(args: Readonly<Record<string, unknown>>): void {
  for (const option of ["method", "iteration", "train", "tokenizer", "template"]) {
    if (args[option] === undefined) continue;
    throw new ConfigurationError(`atif holds trajectories, to which --${option} says nothing.`, {
      hint: `Leave --${option} out. Of a run, the experts' trajectories are exported.`,
    });
  }
}
