/**
 * Proves the LLaMA-Factory route against the real LLaMA-Factory: its own data pipeline, given the dataset of the format
 * `llama-factory` and the configuration below, must make the labels that we mean, token by token; and a fine-tuning through
 * `commandTrainer` must have the losses of the embedded trainer's, survive an interruption, and leave a model.
 *
 *     python -m venv VENV && VENV/bin/pip install llamafactory
 *     node scripts/proof/llama-factory.ts VENV [OUT.md]
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { hermesTemplate } from "../../src/export/tool-templates.test-helpers.ts";
import {
  commandTrainer,
  exampleFormatNamed,
  hostedModel,
  openChatTokenizer,
  type PreparedTraining,
  type Trainer,
} from "../../src/index.ts";
import { playToolExamples } from "./examples.ts";
import {
  type Comparison,
  compareLabels,
  type Labels,
  oneForEachTarget,
  ownLabels,
  readLabels,
} from "./labels.ts";
import type { ProofPage } from "./page.ts";
import { proveRoute } from "./route.ts";
import { modelWith } from "./templates.ts";
import { likeEmbedded, prepareTraining, sharedSettings } from "./training.ts";

const environment = { HF_HUB_OFFLINE: "1", CUDA_VISIBLE_DEVICES: "" };

/** As a user of LLaMA-Factory writes it; `eef` puts the paths in. The template is the model's own, if none is named. */
function configuration(batchSize: number, template: string | undefined): string {
  return `model_name_or_path: {model}
${template === undefined ? "" : `template: ${template}\n`}stage: sft
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

function trainerFor(bin: string, model: string, batchSize: number, template?: string): Trainer {
  const format = exampleFormatNamed("llama-factory");
  // What `eef` writes beside the dataset, under the name that LLaMA-Factory looks for.
  const [info] = format.companions?.({ file: "dataset.json", name: "dataset" }) ?? [];
  if (info === undefined) throw new Error("The format has nothing to put into dataset_info.json.");
  return commandTrainer({
    ...likeEmbedded,
    model,
    batchSize,
    command: [join(bin, "llamafactory-cli"), "train", "{folder}/config.yaml"],
    resume: ["resume_from_checkpoint={checkpoint}"],
    format: format.name,
    files: { "config.yaml": configuration(batchSize, template), "dataset_info.json": info.content },
    environment,
    serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
  });
}

function labelsOf({ bin }: ProofPage, { folder }: PreparedTraining): Labels {
  return readLabels(
    join(bin, "python"),
    "llama-factory-labels.py",
    [join(folder, "config.yaml")],
    environment,
  );
}

const promptSchema = z.tuple([z.string(), z.string()]);

/** What LLaMA-Factory's template `qwen` writes before and behind the tools. */
function wordsAroundTools(bin: string): z.infer<typeof promptSchema> {
  const program =
    'import json; from llamafactory.data.tool_utils import QWEN_TOOL_PROMPT; print(json.dumps(QWEN_TOOL_PROMPT.format(tool_text="|").split("|")))';
  const printed = execFileSync(join(bin, "python"), ["-c", program], { encoding: "utf8" });
  return promptSchema.parse(JSON.parse(printed.trim().split("\n").at(-1) ?? ""));
}

/** Native tool calls under its template `qwen`, against ours under a chat template of the same format and words. */
async function compareToolCalls(page: ProofPage): Promise<Comparison> {
  const template = hermesTemplate({
    tools: wordsAroundTools(page.bin),
    end: "<|im_end|>",
    generation: false,
  });
  const model = modelWith(template, join(page.folder, "qwen"), ["<|im_end|>", "<|im_start|>"]);
  const examples = await playToolExamples(12, true);
  const trainer = trainerFor(page.bin, model, 1, "qwen");
  const prepared = await prepareTraining(trainer, examples, join(page.folder, "tool-calls"));
  const own = ownLabels(oneForEachTarget(examples), await openChatTokenizer(model));
  return compareLabels("`qwen`, native tool calls", own, labelsOf(page, prepared).rows);
}

await proveRoute({
  name: "LLaMA-Factory",
  package: "llama-factory",
  labelled: "What LLaMA-Factory makes of the format `llama-factory` with `mask_history: true`",
  rowsOf: oneForEachTarget,
  trainerOf: ({ bin }, model, _template, batchSize) => trainerFor(bin, model, batchSize),
  labelsOf,
  further: compareToolCalls,
});
