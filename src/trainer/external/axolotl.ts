import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { axolotlFormat } from "../../export/axolotl.ts";
import type { Trainer } from "../trainer.ts";
import { externalTrainer } from "./external-trainer.ts";
import type { TrainingPlan } from "./program.ts";
import { readHuggingFaceProgress } from "./progress-reader.ts";
import { batchesOf, commonSettings, learningRateOf, parseTrainerOptions, schedulerName } from "./settings.ts";
import { toYaml, type YamlValue } from "./yaml.ts";

const optionsSchema = z.strictObject({
  ...commonSettings,
  /** What starts the processes of several GPUs. */
  launcher: z.enum(["accelerate", "torchrun"]).default("accelerate"),
  /** A DeepSpeed configuration file. FSDP goes into `settings` (`fsdp_version`, `fsdp_config`). */
  deepspeed: z.string().min(1).optional(),
});
export type AxolotlTrainerOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/** Fine-tunes with Axolotl's `axolotl train`. Each message says whether it is trained on. */
export function axolotlTrainer(input: AxolotlTrainerOptions): Trainer {
  const options = parseTrainerOptions("axolotlTrainer", optionsSchema, input);
  const kind = options.lora === false ? "model" : "adapter";
  return externalTrainer(
    {
      name: "axolotl",
      kind,
      format: axolotlFormat,
      datasetName: "dataset.jsonl",
      files: (plan) => [
        { name: "config.yaml", content: toYaml({ ...configuration(options, plan), ...options.settings }) },
      ],
      command: (plan) => ({
        program: "axolotl",
        arguments: ["train", join(plan.folder, "config.yaml"), ...launcherArguments(options)],
      }),
      readProgress: readHuggingFaceProgress,
      tellsLosses: true,
      modelDirectories: (output) => [output],
    },
    options,
  );
}

/** What follows `--` is for the launcher. */
function launcherArguments({ launcher, gpus }: Options): string[] {
  const count = launcher === "torchrun" ? "--nproc_per_node" : "--num_processes";
  return ["--launcher", launcher, "--", `${count}=${gpus}`];
}

function configuration(options: Options, plan: TrainingPlan): Record<string, YamlValue> {
  const { lora, precision, saveEvery, deepspeed } = options;
  const { accumulated, warmupSteps } = batchesOf(options, plan.rows);
  return {
    base_model: plan.model,
    ...(existsSync(plan.model) ? {} : { revision_of_model: options.revision }),
    datasets: [
      {
        path: plan.dataset,
        ds_type: "json",
        type: "chat_template",
        field_messages: "messages",
        message_property_mappings: { role: "role", content: "content" },
        // Without the next two every assistant message would be trained on.
        roles_to_train: [],
        message_field_training: "train",
        train_on_eos: "turn",
      },
    ],
    // The model's own.
    chat_template: "tokenizer_default",
    dataset_prepared_path: join(plan.folder, "prepared"),
    output_dir: plan.output,
    ...(plan.checkpoint === undefined ? {} : { resume_from_checkpoint: plan.checkpoint }),
    sequence_len: options.contextLength,
    sample_packing: false,
    ...(lora === false
      ? {}
      : {
          adapter: "lora",
          lora_r: lora.rank,
          lora_alpha: lora.alpha,
          lora_dropout: lora.dropout,
          lora_target_linear: true,
        }),
    num_epochs: options.epochs,
    micro_batch_size: options.microBatchSize,
    gradient_accumulation_steps: accumulated,
    learning_rate: learningRateOf(options),
    lr_scheduler: schedulerName(options),
    warmup_steps: warmupSteps,
    optimizer: "adamw_torch",
    weight_decay: options.weightDecay,
    max_grad_norm: options.clip,
    bf16: precision === "bfloat16",
    fp16: precision === "float16",
    gradient_checkpointing: options.gradientCheckpointing,
    val_set_size: 0,
    seed: plan.seed,
    logging_steps: 1,
    ...(saveEvery === "epoch" ? { saves_per_epoch: 1 } : { save_steps: saveEvery }),
    save_total_limit: options.checkpointsKept,
    ...(deepspeed === undefined ? {} : { deepspeed }),
  };
}
