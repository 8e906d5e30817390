import { isAbsolute, normalize } from "node:path";
import { z } from "zod";
import { ConfigurationError } from "../../errors.ts";
import { exampleFormatNamed, exampleFormats } from "../../export/example-formats.ts";
import type { Trainer } from "../trainer.ts";
import { checkpointsIn } from "./checkpoints.ts";
import { externalTrainer } from "./external-trainer.ts";
import type { TrainingPlan } from "./program.ts";
import { readHuggingFaceProgress } from "./progress-reader.ts";
import { commonSettings, parseTrainerOptions } from "./settings.ts";

/** What a placeholder in braces stands for. */
const placeholders = {
  dataset: (plan) => plan.dataset,
  model: (plan) => plan.model,
  output: (plan) => plan.output,
  folder: (plan) => plan.folder,
  seed: (plan) => String(plan.seed),
  rows: (plan) => String(plan.rows),
  checkpoint: (plan) => plan.checkpoint ?? "",
} satisfies Record<string, (plan: TrainingPlan) => string>;

const { executable: _executable, ...settings } = commonSettings;
const optionsSchema = z.strictObject({
  ...settings,
  /** Program and arguments; `{dataset}`, `{model}`, `{output}`, `{folder}`, `{seed}`, `{rows}` are filled in. No shell is between. */
  command: z.array(z.string()).min(1),
  /** Appended if there is a checkpoint to go on from, which is `{checkpoint}`. Without it, training begins anew. */
  resume: z.array(z.string()).default([]),
  /** The form of the dataset, by the names of `eef export`. */
  format: z.enum(exampleFormats.map(({ name }) => name)).default("last-turn"),
  /** A tokenizer directory, for a form that holds tokens. */
  tokenizer: z.string().min(1).optional(),
  /** Further files that the command reads, by their names in `{folder}`. Placeholders are filled in there too. */
  files: z.record(z.string().min(1), z.string()).default({}),
});
export type CommandTrainerOptions = z.input<typeof optionsSchema>;

/**
 * Fine-tunes with any command that reads a dataset and leaves a Hugging Face directory in `{output}`, or in the last
 * `checkpoint-<step>` there. Progress is read from what it prints, if it prints as the Hugging Face `Trainer` does.
 */
export function commandTrainer(input: CommandTrainerOptions): Trainer {
  const options = parseTrainerOptions("commandTrainer", optionsSchema, input);
  const { command, resume, files, tokenizer } = options;
  const format = exampleFormatNamed(options.format);
  const kind = options.lora === false ? "model" : "adapter";
  for (const text of [...command, ...resume, ...Object.values(files)]) checkPlaceholders(text);
  for (const name of Object.keys(files)) checkFileName(name);
  return externalTrainer(
    {
      name: "command",
      kind,
      format,
      datasetName: format.layout === "array" ? "dataset.json" : "dataset.jsonl",
      ...(tokenizer === undefined ? {} : { tokenizer }),
      files: (plan) =>
        Object.entries(files).map(([name, content]) => ({ name, content: fill(content, plan) })),
      command: (plan) => {
        const [program = "", ...programArguments] = [
          ...command,
          ...(plan.checkpoint === undefined ? [] : resume),
        ].map((text) => fill(text, plan));
        return { program, arguments: programArguments };
      },
      readProgress: readHuggingFaceProgress,
      tellsLosses: false,
      modelDirectories: (output) => [output, ...checkpointsIn(output).toReversed()],
    },
    { ...options, executable: undefined },
  );
}

/** What the folder of a training holds anyway. */
const takenNames =
  /^(dataset\.|counts\.json$|left-out\.json$|training\.json$|finished\.json$|log\.txt|server\.log|output$)/;

function checkFileName(name: string): void {
  const [first = "", ...others] = normalize(name).split(/[\\/]/);
  if (isAbsolute(name) || [first, ...others].includes("..")) {
    throw new ConfigurationError(
      `commandTrainer: the file ${name} is not inside the folder of the training.`,
    );
  }
  if (takenNames.test(first)) {
    throw new ConfigurationError(`commandTrainer: the file ${name} would replace one of eef's own.`, {
      hint: "Give it another name; docs/trainers.md lists what lies in the folder.",
    });
  }
}

const pattern = /\{([a-z]+)\}/g;

function fill(text: string, plan: TrainingPlan): string {
  return text.replaceAll(pattern, (whole, name: string) =>
    isPlaceholder(name) ? placeholders[name](plan) : whole,
  );
}

/** In a JSON file braces are common, but not around one of a few words that are nearly ours. */
function checkPlaceholders(text: string): void {
  for (const [whole, name = ""] of text.matchAll(pattern)) {
    if (isPlaceholder(name)) continue;
    throw new ConfigurationError(`commandTrainer: there is no placeholder ${whole}.`, {
      hint: `Known are ${Object.keys(placeholders)
        .map((known) => `{${known}}`)
        .join(", ")}.`,
    });
  }
}

function isPlaceholder(name: string): name is keyof typeof placeholders {
  return Object.hasOwn(placeholders, name);
}
