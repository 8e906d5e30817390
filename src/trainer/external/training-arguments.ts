import { batchesOf, type CommonSettings, learningRateOf, schedulerName } from "./settings.ts";
import type { YamlValue } from "./yaml.ts";

/** The settings under the names of `transformers.TrainingArguments`, for trainers that take these as they are. */
export function trainingArguments(
  options: CommonSettings,
  rows: number,
  seed: number,
): Record<string, YamlValue> {
  const { saveEvery } = options;
  const { accumulated, warmupSteps } = batchesOf(options, rows);
  return {
    num_train_epochs: options.epochs,
    per_device_train_batch_size: options.microBatchSize,
    gradient_accumulation_steps: accumulated,
    learning_rate: learningRateOf(options),
    lr_scheduler_type: schedulerName(options),
    warmup_steps: warmupSteps,
    weight_decay: options.weightDecay,
    max_grad_norm: options.clip,
    gradient_checkpointing: options.gradientCheckpointing,
    seed,
    logging_steps: 1,
    // Otherwise a loss that is not a number would be hidden.
    logging_nan_inf_filter: false,
    ...(saveEvery === "epoch"
      ? { save_strategy: "epoch" }
      : { save_strategy: "steps", save_steps: saveEvery }),
    save_total_limit: options.checkpointsKept,
  };
}
