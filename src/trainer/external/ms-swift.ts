import { existsSync } from "node:fs";
import { z } from "zod";
import { msSwift3Format, msSwiftFormat } from "../../export/ms-swift.ts";
import type { Trainer } from "../trainer.ts";
import { checkpointsIn } from "./checkpoints.ts";
import { externalTrainer } from "./external-trainer.ts";
import type { TrainingPlan } from "./program.ts";
import { readHuggingFaceProgress } from "./progress-reader.ts";
import { commonSettings, parseTrainerOptions } from "./settings.ts";
import { trainingArguments } from "./training-arguments.ts";
import type { YamlValue } from "./yaml.ts";

const optionsSchema = z.strictObject({
  ...commonSettings,
  /** DeepSpeed: a name that ms-swift knows (`zero2`, `zero3`, `zero3_offload`), or a configuration file. */
  deepspeed: z.string().min(1).optional(),
  /** FSDP: a name that ms-swift knows (`fsdp2`), or a configuration file. */
  fsdp: z.string().min(1).optional(),
  /** Of ms-swift: version 3 calls LoRA or full a `train_type`, version 4 a `tuner_type`. */
  majorVersion: z.union([z.literal(3), z.literal(4)]).default(4),
});
export type MsSwiftTrainerOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/**
 * Fine-tunes with ms-swift's `swift sft`. Each assistant message says whether it has a loss. It starts itself with torchrun if the environment
 * names a number of processes.
 */
export function msSwiftTrainer(input: MsSwiftTrainerOptions): Trainer {
  const options = parseTrainerOptions("msSwiftTrainer", optionsSchema, input);
  const kind = options.lora === false ? "model" : "adapter";
  return externalTrainer(
    {
      name: "ms-swift",
      kind,
      format: options.majorVersion === 3 ? msSwift3Format : msSwiftFormat,
      datasetName: "dataset.jsonl",
      files: () => [],
      command: (plan) => ({
        program: "swift",
        // Not as a file: 4.0 and before take it behind `--config`, 4.6 in the first place only, and early versions not at all.
        arguments: ["sft", ...asArguments({ ...configuration(options, plan), ...options.settings })],
        ...(options.gpus === 1 ? {} : { environment: { NPROC_PER_NODE: String(options.gpus) } }),
      }),
      readProgress: readHuggingFaceProgress,
      tellsLosses: true,
      // It leaves checkpoints only; the last one is the model.
      modelDirectories: (output) => checkpointsIn(output).toReversed(),
    },
    options,
  );
}

function configuration(options: Options, plan: TrainingPlan): Record<string, YamlValue> {
  const { lora, precision, deepspeed, fsdp, majorVersion } = options;
  return {
    model: plan.model,
    ...(existsSync(plan.model) ? {} : { model_revision: options.revision, use_hf: true }),
    dataset: [plan.dataset],
    // Every assistant message counts but those with `loss: false`.
    loss_scale: "default",
    output_dir: plan.output,
    add_version: false,
    ...(plan.checkpoint === undefined ? {} : { resume_from_checkpoint: plan.checkpoint }),
    [majorVersion === 4 ? "tuner_type" : "train_type"]: lora === false ? "full" : "lora",
    ...(lora === false
      ? {}
      : {
          lora_rank: lora.rank,
          lora_alpha: lora.alpha,
          lora_dropout: lora.dropout,
          target_modules: ["all-linear"],
        }),
    torch_dtype: precision,
    ...trainingArguments(options, plan.rows, plan.seed),
    max_length: options.contextLength,
    truncation_strategy: "delete",
    split_dataset_ratio: 0,
    data_seed: plan.seed,
    report_to: ["none"],
    ...(deepspeed === undefined ? {} : { deepspeed }),
    ...(fsdp === undefined ? {} : { fsdp }),
  };
}

/** `--name value`, a list as several values, and what is nested as JSON. */
function asArguments(values: Readonly<Record<string, YamlValue>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    `--${name}`,
    ...(Array.isArray(value) ? value : [value]).map((each) =>
      typeof each === "string" ? each : JSON.stringify(each),
    ),
  ]);
}
