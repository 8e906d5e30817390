/**
 * Proves the training of adapters with the real TRL: an adapter that was trained without a break and one whose training was interrupted
 * must be the same, and PEFT must read it: without it the loss is that of the first step, with it a lower one.
 *
 *     python -m venv VENV && VENV/bin/pip install trl peft
 *     node scripts/proof/adapter.ts VENV [OUT.md [FOLDER]]
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { hostedModel, shippedBase, trlTrainer } from "../../src/index.ts";
import { playExamples, shortest } from "./examples.ts";
import { describeVersions, writeProof } from "./page.ts";
import { likeEmbedded, trainInterrupted } from "./training.ts";

const lossesSchema = z.object({
  versions: z.record(z.string(), z.string()),
  without: z.number(),
  adapted: z.number(),
});

await writeProof("trl and peft", async ({ bin, folder, say, expect }) => {
  const examples = shortest(await playExamples(12), 3);
  const lora = { rank: 8, alpha: 16, dropout: 0 };
  const trainer = trlTrainer({
    ...likeEmbedded,
    lora,
    learningRate: 1e-2,
    batchSize: examples.length,
    settings: { use_cpu: true },
    executable: [join(bin, "trl")],
    environment: { OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1" },
    serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
  });
  const base = await trainer.base();
  const requestIn = (name: string) => ({ base, examples, seed: 1, outputDirectory: join(folder, name) });
  const whole = await trainer.train(requestIn("whole"));
  const { result: broken, told } = await trainInterrupted(trainer, requestIn("broken"));
  const script = fileURLToPath(new URL("adapter-loss.py", import.meta.url));
  const dataset = join(folder, "whole.training", "dataset.jsonl");
  const printed = execFileSync(join(bin, "python"), [script, shippedBase, broken.policy.location, dataset], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { versions, without, adapted } = lossesSchema.parse(JSON.parse(printed));
  const same = whole.policy.version === broken.policy.version;
  const [first = Number.NaN, last = Number.NaN] = [broken.losses[0], broken.losses.at(-1)];
  expect(same && Math.abs(first - without) < 1e-3 && adapted < last);
  say(
    "# Proof: adapters by TRL",
    "",
    `${describeVersions(versions)}, on a CPU. Made by \`node scripts/proof/adapter.ts VENV docs/results/proof-adapter.md\`, which says how to make the environment. An adapter of rank ${lora.rank} on all linear layers of the shipped checkpoint, three steps over the ${examples.length} shortest of 12 episodes of the generated shop, once without a break and once with one. ${told}`,
    "",
    "| step | loss, without a break | loss, interrupted |",
    "| ---: | ---: | ---: |",
    ...whole.losses.map(
      (loss, index) => `| ${index + 1} | ${loss.toFixed(4)} | ${broken.losses[index]?.toFixed(4)} |`,
    ),
    "",
    `The two adapters are ${same ? "equal" : "**different**"}. PEFT, given the base and the interrupted one, has a loss of ${without.toFixed(4)} on the same rows without the adapter and of ${adapted.toFixed(4)} with it.`,
  );
});
