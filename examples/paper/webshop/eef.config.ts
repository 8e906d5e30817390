/**
 * WebShop as in the paper: the benchmark's 1.18 million products and its 12,087 human goals, 500 of them to test on.
 *
 *     npx eef estimate examples/paper/webshop/eef.config.ts --data DIR
 *     npx eef run examples/paper/webshop/eef.config.ts --data DIR --dry-run
 *     npx eef run examples/paper/webshop/eef.config.ts --data DIR
 *
 * `DIR` holds what WebShop's own download script fetches (`items_shuffle.json`, `items_ins_v2.json`,
 * `items_human_ins.json`), and the experts' trajectories in `experts/*.jsonl`.
 */
import {
  ConfigurationError,
  defineConfig,
  humanGoals,
  loadCatalogue,
  splitByIndex,
  webshop,
} from "../../../src/index.ts";
import { paperRun } from "../paper-run.ts";

export default defineConfig(async ({ data, seed }) => {
  if (data === undefined) {
    throw new ConfigurationError("This configuration needs --data, the folder with WebShop's files.");
  }
  const catalogue = loadCatalogue(data);
  // The benchmark's split: 10,587 goals to train on, which is the paper's "11k".
  const goals = splitByIndex(humanGoals(catalogue));
  return await paperRun({
    name: "paper-webshop",
    environment: webshop({ catalogue, goals }),
    data,
    seed,
    // As in ReAct; the paper does not say.
    maximumSteps: 15,
    // The model's own. A page of results takes up to 1,400 tokens.
    contextLength: 8192,
  });
});
