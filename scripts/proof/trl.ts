/**
 * Proves the TRL route against the real TRL: its own data pipeline must make the labels that we mean, token by token, and a
 * fine-tuning through `trlTrainer` must start from the same loss as the embedded trainer's, survive an interruption, and
 * leave a model.
 *
 *     python -m venv VENV && VENV/bin/pip install torch trl datasets peft
 *     node scripts/proof/trl.ts VENV [OUT.md]
 */
import { join } from "node:path";
import {
  exampleFormatNamed,
  exportExamples,
  hostedModel,
  openChatTokenizer,
  shippedBase,
  trlTrainer,
} from "../../src/index.ts";
import { playExamples, shortest } from "./examples.ts";
import { compareLabels, labelsHeader, ownLabels, readLabels } from "./labels.ts";
import { describeVersions, writeProof } from "./page.ts";
import { compareTraining, likeEmbedded } from "./training.ts";

await writeProof("trl", async ({ bin, folder, say, expect }) => {
  const examples = await playExamples(12);
  const tokenizer = await openChatTokenizer(shippedBase);
  const labelsOf = async (format: "trl-tokens" | "trl-template") => {
    const file = join(folder, `${format}.jsonl`);
    await exportExamples(
      file,
      examples.map((example, line) => ({ example, file, line, text: "" })),
      exampleFormatNamed(format),
      format === "trl-tokens" ? { tokenizer } : {},
    );
    const template = format === "trl-template" ? [join(folder, `${format}.chat_template.jinja`)] : [];
    return readLabels(join(bin, "python"), "trl-labels.py", [shippedBase, file, ...template]);
  };

  const tokens = await labelsOf("trl-tokens");
  const template = await labelsOf("trl-template");
  const own = ownLabels(examples, tokenizer);
  const comparisons = [
    compareLabels("`trl-tokens`", own, tokens.rows),
    compareLabels("`trl-template`", own, template.rows),
  ];
  say(
    "# Proof: the TRL route",
    "",
    `${describeVersions(tokens.versions)}, the shipped checkpoint as the model. ${examples.length} episodes of the generated shop, each assistant message a target or not by chance. Made by \`node scripts/proof/trl.ts VENV docs/results/proof-trl.md\`, which says how to make the environment.`,
    "",
    "## Labels",
    "",
    "What TRL's data pipeline and collator hand to the model, against the mask of `eef preview`:",
    "",
    ...labelsHeader,
    ...comparisons.map(({ line }) => line),
    "",
  );
  for (const { equal } of comparisons) expect(equal);

  const few = shortest(examples, 3);
  const training = await compareTraining(
    trlTrainer({
      ...likeEmbedded,
      batchSize: few.length,
      settings: { use_cpu: true, adam_beta2: 0.95 },
      executable: [join(bin, "trl")],
      serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
    }),
    few,
    folder,
  );
  say("## Training", "", ...training.lines);
  expect(training.equal);
});
