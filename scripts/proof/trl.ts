/**
 * Proves the TRL route against the real TRL: its own data pipeline must make the labels that we mean, token by token, and a
 * fine-tuning through `trlTrainer` must start from the same loss as the embedded trainer's, survive an interruption, and
 * leave a model.
 *
 *     python -m venv VENV && VENV/bin/pip install torch trl datasets peft
 *     node scripts/proof/trl.ts VENV [OUT.md]
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hermesTemplate } from "../../src/export/tool-templates.test-helpers.ts";
import { generationTemplate } from "../../src/export/trl.ts";
import {
  exampleFormatNamed,
  exportExamples,
  hostedModel,
  openChatTokenizer,
  shippedBase,
  type TrainingExample,
  trlTrainer,
} from "../../src/index.ts";
import { playExamples, playToolExamples, shortest } from "./examples.ts";
import {
  type Comparison,
  compareLabels,
  type Labels,
  labelsHeader,
  ownLabels,
  readLabels,
} from "./labels.ts";
import { describeVersions, writeProof } from "./page.ts";
import { hermesWords, modelWithTools } from "./templates.ts";
import { compareTraining, likeEmbedded } from "./training.ts";

await writeProof("trl", async ({ bin, folder, say, expect }) => {
  const examples = await playExamples(12);
  const comparisons: Comparison[] = [];
  let versions: Labels["versions"] = {};
  const compareFormats = async (
    actions: string,
    given: readonly TrainingExample[],
    model: string,
    markedTemplate: string,
  ) => {
    const tokenizer = await openChatTokenizer(model);
    const own = ownLabels(given, tokenizer);
    const templateFile = join(folder, `${actions}.jinja`);
    writeFileSync(templateFile, markedTemplate);
    for (const format of ["trl-tokens", "trl-template"]) {
      const file = join(folder, `${actions}-${format}.jsonl`);
      const { callsAsText } = await exportExamples(
        file,
        given.map((example, line) => ({ example, file, line, text: "" })),
        exampleFormatNamed(format),
        { tokenizer },
      );
      expect(callsAsText === 0);
      const template = format === "trl-template" ? [templateFile] : [];
      const labels = readLabels(join(bin, "python"), "trl-labels.py", [model, file, ...template]);
      versions = labels.versions;
      comparisons.push(compareLabels(`\`${format}\`, ${actions}`, own, labels.rows));
    }
  };
  await compareFormats("text", examples, shippedBase, generationTemplate);
  await compareFormats(
    "tool calls",
    await playToolExamples(12, true),
    modelWithTools(folder),
    hermesTemplate({ ...hermesWords, generation: true }),
  );
  say(
    "# Proof: the TRL route",
    "",
    `${describeVersions(versions)}, the shipped checkpoint as the model. ${examples.length} episodes of the generated shop, each assistant message a target or not by chance: as text under the shipped chat template, and as native tool calls, each beside a thought, under one in the format of Hermes and Qwen. Made by \`node scripts/proof/trl.ts VENV docs/results/proof-trl.md\`, which says how to make the environment.`,
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
