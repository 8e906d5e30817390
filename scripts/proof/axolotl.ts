/**
 * Proves the Axolotl route against the real Axolotl: `axolotl preprocess`, given the configuration and dataset that `axolotlTrainer`
 * writes, must make the labels that we mean, token by token; and a fine-tuning through `axolotlTrainer` must have the losses of the
 * embedded trainer's, survive an interruption, and leave a model.
 *
 *     python -m venv VENV && VENV/bin/pip install axolotl
 *     node scripts/proof/axolotl.ts VENV [OUT.md]
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import {
  axolotlTrainer,
  hostedModel,
  openChatTokenizer,
  type PreparedTraining,
  type Trainer,
} from "../../src/index.ts";
import { playToolExamples } from "./examples.ts";
import { type Comparison, compareLabels, type Labels, ownLabels, readLabels } from "./labels.ts";
import type { ProofPage } from "./page.ts";
import { proveRoute } from "./route.ts";
import { modelWithTools } from "./templates.ts";
import { likeEmbedded, prepareTraining } from "./training.ts";

const environment = { AXOLOTL_DO_NOT_TRACK: "1", HF_HUB_OFFLINE: "1" };

function trainerFor(bin: string, model: string, batchSize: number): Trainer {
  return axolotlTrainer({
    ...likeEmbedded,
    model,
    batchSize,
    microBatchSize: batchSize,
    settings: { adam_beta2: 0.95, dataset_num_proc: 1 },
    executable: [join(bin, "axolotl")],
    environment,
    serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
  });
}

function labelsOf({ bin }: ProofPage, { folder }: PreparedTraining): Labels {
  execFileSync(join(bin, "axolotl"), ["preprocess", join(folder, "config.yaml")], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...environment },
  });
  return readLabels(join(bin, "python"), "axolotl-labels.py", [join(folder, "prepared")]);
}

/** Native tool calls, each beside a thought, under a chat template in the format of Hermes and Qwen. */
async function compareToolCalls(page: ProofPage): Promise<Comparison> {
  const model = modelWithTools(page.folder);
  const examples = await playToolExamples(12, true);
  const trainer = trainerFor(page.bin, model, 1);
  const prepared = await prepareTraining(trainer, examples, join(page.folder, "tool-calls"));
  const own = ownLabels(examples, await openChatTokenizer(model));
  return compareLabels("native tool calls", own, labelsOf(page, prepared).rows);
}

await proveRoute({
  name: "Axolotl",
  package: "axolotl",
  labelled: "What `axolotl preprocess` makes of the configuration and dataset that `axolotlTrainer` writes",
  trainerOf: ({ bin }, model, _template, batchSize) => trainerFor(bin, model, batchSize),
  labelsOf,
  further: compareToolCalls,
  remark:
    "The micro-batch is the whole batch here. Over several micro-batches Axolotl takes the mean of their means, where the others take one mean over all target tokens: with `microBatchSize: 1` examples weigh alike, however long their targets are (the loss of the first step is then 0.7417, which is the mean of the three examples' losses).",
});
