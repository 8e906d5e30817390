import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { ConfigurationError } from "../../errors.ts";
import { type ExampleFormat, UnfitExampleError } from "../../export/example-format.ts";
import { trlTemplateFormat, trlTokensFormat } from "../../export/trl.ts";
import type { Trainer } from "../trainer.ts";
import { externalTrainer } from "./external-trainer.ts";
import { readHuggingFaceProgress } from "./progress-reader.ts";
import { commonSettings, parseTrainerOptions } from "./settings.ts";
import { trainingArguments } from "./training-arguments.ts";
import { toYaml, type YamlValue } from "./yaml.ts";

const optionsSchema = z.strictObject({
  ...commonSettings,
  /** A directory with the model's tokenizer and chat template. Default: `model`, if that is a directory. */
  tokenizer: z.string().min(1).optional(),
  /**
   * A Jinja file with `{% generation %}` around messages with `train`: TRL then tokenises by itself, and a tokenizer is needed here for native
   * tool calls only (to see whether the template writes them; without it they are written as text).
   */
  chatTemplate: z.string().min(1).optional(),
  /** What `accelerate launch` is configured by: a file, or a name that TRL knows (`multi_gpu`, `zero2`, `zero3`, `fsdp2`). */
  accelerateConfig: z.string().min(1).optional(),
  /** The modules that an adapter is put on. */
  loraModules: z.array(z.string().min(1)).min(1).default(["all-linear"]),
});
export type TrlTrainerOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/**
 * Fine-tunes with TRL's `trl sft` (versions 1 and newer), which starts itself with Accelerate. TRL has no field for the
 * loss of one message, so the dataset holds tokens and labels made here, which it takes as they are.
 */
export function trlTrainer(input: TrlTrainerOptions): Trainer {
  const options = parseTrainerOptions("trlTrainer", optionsSchema, input);
  const { chatTemplate } = options;
  const tokenizer = tokenizerOf(options);
  const kind = options.lora === false ? "model" : "adapter";
  return externalTrainer(
    {
      name: "trl",
      kind,
      format: chatTemplate === undefined ? withinContext(options.contextLength) : trlTemplateFormat,
      datasetName: "dataset.jsonl",
      ...(tokenizer === undefined ? {} : { tokenizer }),
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
      files: (plan) => [
        {
          name: "config.yaml",
          content: toYaml({
            model_name_or_path: plan.model,
            ...(existsSync(plan.model) ? {} : { model_revision: options.revision }),
            datasets: [{ path: "json", data_files: plan.dataset }],
            output_dir: plan.output,
            ...(plan.checkpoint === undefined ? {} : { resume_from_checkpoint: plan.checkpoint }),
            ...(chatTemplate === undefined
              ? {}
              : { chat_template_path: resolve(chatTemplate), assistant_only_loss: true }),
            ...configuration(options, plan.rows, plan.seed),
            ...options.settings,
          }),
        },
      ],
      command: (plan) => ({
        program: "trl",
        arguments: ["sft", "--config", join(plan.folder, "config.yaml")],
      }),
      readProgress: readHuggingFaceProgress,
      tellsLosses: true,
      modelDirectories: (output) => [output],
    },
    options,
  );
}

function configuration(options: Options, rows: number, seed: number): Record<string, YamlValue> {
  const { lora, precision, gpus, accelerateConfig } = options;
  return {
    // Arguments of `accelerate launch` are taken from the same file.
    ...(accelerateConfig === undefined ? {} : { accelerate_config: accelerateConfig }),
    ...(gpus === 1 ? {} : { num_processes: gpus }),
    ...trainingArguments(options, rows, seed),
    // TRL cuts at 1024 tokens unless told otherwise, and the targets stand at the end.
    max_length: options.contextLength,
    bf16: precision === "bfloat16",
    fp16: precision === "float16",
    dtype: precision,
    ...(lora === false
      ? {}
      : {
          use_peft: true,
          lora_r: lora.rank,
          lora_alpha: lora.alpha,
          lora_dropout: lora.dropout,
          lora_target_modules: options.loraModules,
        }),
    report_to: "none",
  };
}

/** @throws ConfigurationError if there is none, though one is named or tokens are to be written. */
function tokenizerOf({ tokenizer, model, chatTemplate }: Options): string | undefined {
  const directory = tokenizer ?? model;
  if (existsSync(join(directory, "tokenizer.json"))) return resolve(directory);
  if (tokenizer === undefined && chatTemplate !== undefined) return undefined;
  throw new ConfigurationError(`trlTrainer: there is no tokenizer.json in ${directory}.`, {
    hint: "The dataset is tokenised here: name a directory with the model's tokenizer in `tokenizer` (hf download MODEL tokenizer.json tokenizer_config.json --local-dir DIR), or a template with {% generation %} in `chatTemplate`.",
  });
}

const rowSchema = z.object({ input_ids: z.array(z.number()) });

/** TRL would cut longer rows at their end, where the targets are. */
function withinContext(contextLength: number): ExampleFormat {
  return {
    ...trlTokensFormat,
    rowsOf: (example, given) => {
      const rows = trlTokensFormat.rowsOf(example, given);
      const tokens = Math.max(...rows.map((row) => rowSchema.parse(row).input_ids.length));
      if (tokens <= contextLength) return rows;
      throw new UnfitExampleError(
        "messages",
        `it has ${tokens} tokens, and contextLength is ${contextLength}`,
      );
    },
  };
}
