/**
 * Proves the LLaMA-Factory route against the real LLaMA-Factory: its own data pipeline, given the dataset of the format
 * `llama-factory` and the configuration below, must make the labels that we mean, token by token; and a fine-tuning through
 * `commandTrainer` must have the losses of the embedded trainer's, survive an interruption, and leave a model.
 *
 *     python -m venv VENV && VENV/bin/pip install llamafactory
 *     node scripts/proof/llama-factory.ts VENV [OUT.md]
 */
import { join } from "node:path";
import { commandTrainer, hostedModel } from "../../src/index.ts";
import { oneForEachTarget, readLabels } from "./labels.ts";
import { proveRoute } from "./route.ts";
import { likeEmbedded, sharedSettings } from "./training.ts";

const environment = { HF_HUB_OFFLINE: "1", CUDA_VISIBLE_DEVICES: "" };

const datasetInfo = {
  dataset: {
    file_name: "dataset.json",
    formatting: "sharegpt",
    columns: { messages: "messages" },
    tags: {
      role_tag: "role",
      content_tag: "content",
      user_tag: "user",
      assistant_tag: "assistant",
      system_tag: "system",
    },
  },
};

/** As a user of LLaMA-Factory writes it; `eef` puts the paths in. The template is the model's own, because none is named. */
function configuration(batchSize: number): string {
  return `model_name_or_path: {model}
stage: sft
do_train: true
finetuning_type: full
dataset_dir: {folder}
dataset: dataset
mask_history: true
cutoff_len: 4096
output_dir: {output}
num_train_epochs: ${sharedSettings.epochs}
per_device_train_batch_size: 1
gradient_accumulation_steps: ${batchSize}
learning_rate: ${sharedSettings.learningRate}
lr_scheduler_type: constant
weight_decay: ${sharedSettings.weightDecay}
max_grad_norm: ${sharedSettings.clip}
adam_beta2: 0.95
logging_steps: 1
save_strategy: epoch
report_to: none
use_cpu: true
seed: {seed}
`;
}

await proveRoute({
  name: "LLaMA-Factory",
  package: "llama-factory",
  labelled: "What LLaMA-Factory makes of the format `llama-factory` with `mask_history: true`",
  rowsOf: oneForEachTarget,
  trainerOf: ({ bin }, model, _template, batchSize) =>
    commandTrainer({
      ...likeEmbedded,
      model,
      batchSize,
      command: [join(bin, "llamafactory-cli"), "train", "{folder}/config.yaml"],
      resume: ["resume_from_checkpoint={checkpoint}"],
      format: "llama-factory",
      files: {
        "config.yaml": configuration(batchSize),
        // The one that `eef` writes beside the dataset, under the name that LLaMA-Factory looks for.
        "dataset_info.json": JSON.stringify(datasetInfo),
      },
      environment,
      serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
    }),
  labelsOf: ({ bin }, { folder }) =>
    readLabels(join(bin, "python"), "llama-factory-labels.py", [join(folder, "config.yaml")], environment),
});
