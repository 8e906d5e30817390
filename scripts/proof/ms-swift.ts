/**
 * Proves the ms-swift route against the real ms-swift: its own data pipeline, given the command and dataset that `msSwiftTrainer`
 * writes, must make the labels that we mean, token by token; and a fine-tuning through `msSwiftTrainer` must have the losses of the
 * embedded trainer's, survive an interruption, and leave a model.
 *
 *     python -m venv VENV && VENV/bin/pip install ms-swift
 *     node scripts/proof/ms-swift.ts VENV [OUT.md]
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostedModel, msSwiftTrainer } from "../../src/index.ts";
import { readLabels } from "./labels.ts";
import { proveRoute } from "./route.ts";
import { likeEmbedded } from "./training.ts";

const environment = { HF_HUB_OFFLINE: "1", CUDA_VISIBLE_DEVICES: "" };
const plugin = fileURLToPath(new URL("ms-swift-template.py", import.meta.url));

await proveRoute({
  name: "ms-swift",
  package: "ms-swift",
  labelled: "What ms-swift makes of the command and dataset that `msSwiftTrainer` writes",
  trainerOf: ({ bin }, model, template, batchSize) =>
    msSwiftTrainer({
      ...likeEmbedded,
      model,
      batchSize,
      settings: {
        adam_beta2: 0.95,
        model_type: "llama",
        external_plugins: [plugin],
        template: template === "its own" ? "proof" : "proof-lines",
      },
      executable: [join(bin, "swift")],
      environment,
      serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
    }),
  labelsOf: ({ bin }, { command }) =>
    readLabels(join(bin, "python"), "ms-swift-labels.py", [command], environment),
});
