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
import { axolotlTrainer, hostedModel } from "../../src/index.ts";
import { readLabels } from "./labels.ts";
import { proveRoute } from "./route.ts";
import { likeEmbedded } from "./training.ts";

const environment = { AXOLOTL_DO_NOT_TRACK: "1", HF_HUB_OFFLINE: "1" };

await proveRoute({
  name: "Axolotl",
  package: "axolotl",
  labelled: "What `axolotl preprocess` makes of the configuration and dataset that `axolotlTrainer` writes",
  trainerOf: ({ bin }, model, _template, batchSize) =>
    axolotlTrainer({
      ...likeEmbedded,
      model,
      batchSize,
      microBatchSize: batchSize,
      settings: { adam_beta2: 0.95, dataset_num_proc: 1 },
      executable: [join(bin, "axolotl")],
      environment,
      serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
    }),
  labelsOf: ({ bin }, { folder }) => {
    execFileSync(join(bin, "axolotl"), ["preprocess", join(folder, "config.yaml")], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...environment },
    });
    return readLabels(join(bin, "python"), "axolotl-labels.py", [join(folder, "prepared")]);
  },
  remark:
    "The micro-batch is the whole batch here. Over several micro-batches Axolotl takes the mean of their means, where the others take one mean over all target tokens: with `microBatchSize: 1` examples weigh alike, however long their targets are (the loss of the first step is then 0.7417, which is the mean of the three examples' losses).",
});
