/**
 * Proves the TRL route against the real TRL: its own data pipeline must make the labels that we mean, token by token, and a
 * fine-tuning through `trlTrainer` must start from the same loss as the embedded trainer's, survive an interruption, and
 * leave a model.
 *
 *     python -m venv VENV && VENV/bin/pip install torch trl datasets peft
 *     node scripts/proof/trl.ts VENV [OUT.md]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  type ChatTokenizer,
  createDefaultTask,
  createRandom,
  createScriptedExpert,
  embeddedTrainer,
  exampleFormatNamed,
  exportExamples,
  hostedModel,
  localExecutor,
  openChatTokenizer,
  shippedBase,
  type TrainingExample,
  transcript,
  trlTrainer,
} from "../../src/index.ts";

const [venv, outFile] = process.argv.slice(2);
if (venv === undefined) throw new Error("Name the folder of a Python environment with trl in it.");
const bin = join(resolve(venv), "bin");
const folder = mkdtempSync(join(tmpdir(), "eef-proof-"));
const examples = await playExamples(12);
const tokenizer = await openChatTokenizer(shippedBase);
const lines: string[] = [];
const say = (line: string) => {
  lines.push(line);
  console.log(line);
};
try {
  const tokens = await labelsOf("trl-tokens", tokenizer);
  const template = await labelsOf("trl-template");
  say("# Proof: the TRL route");
  say("");
  say(
    `TRL ${tokens.trl}, Transformers ${tokens.transformers}, the shipped checkpoint as the model. ${examples.length} episodes of the generated shop, each assistant message a target or not by chance. Made by \`node scripts/proof/trl.ts VENV docs/results/proof-trl.md\`, which says how to make the environment.`,
  );
  say("");
  say("## Labels");
  say("");
  say("What TRL's data pipeline and collator hand to the model, against the mask of `eef preview`:");
  say("");
  say("| dataset | rows | tokens | targets | different tokens | different labels |");
  say("| --- | ---: | ---: | ---: | ---: | ---: |");
  say(compare("trl-tokens", tokens.rows));
  say(compare("trl-template", template.rows));
  say("");
  await trainBoth();
} finally {
  rmSync(folder, { recursive: true });
}
if (outFile !== undefined) writeFileSync(outFile, `${lines.join("\n")}\n`);

/** Episodes of the scripted expert. The targets are drawn, so that masked and trained messages alternate in every way. */
async function playExamples(count: number): Promise<TrainingExample[]> {
  const { environment } = createDefaultTask({ goals: { train: count, validation: 1, test: 1 } });
  const requests = environment.tasks("train").map((task, seed) => ({
    id: task.id,
    kind: "expert" as const,
    task,
    seed,
    temperature: 1,
    maximumSteps: 6,
  }));
  const random = createRandom(7);
  const played: TrainingExample[] = [];
  for await (const trajectory of localExecutor().run(requests, {
    environment,
    policy: createScriptedExpert(),
  })) {
    const messages = transcript(environment.systemPrompt, trajectory);
    const weights = messages.map(({ role }) => (role === "assistant" && random.chance(0.5) ? 1 : 0));
    if (!weights.includes(1)) continue;
    const origin = { trajectoryId: trajectory.id, importantState: 0, reason: "Drawn." };
    played.push({ id: trajectory.id, taskId: trajectory.taskId, messages, weights, origin });
  }
  return played.sort((a, b) => a.id.localeCompare(b.id));
}

async function labelsOf(format: "trl-tokens" | "trl-template", withTokenizer?: ChatTokenizer) {
  const file = join(folder, `${format}.jsonl`);
  await exportExamples(
    file,
    examples.map((example, line) => ({ example, file, line, text: "" })),
    exampleFormatNamed(format),
    withTokenizer === undefined ? {} : { tokenizer: withTokenizer },
  );
  const out = join(folder, `${format}.json`);
  const script = fileURLToPath(new URL("trl-labels.py", import.meta.url));
  const template = format === "trl-template" ? [join(folder, `${format}.chat_template.jinja`)] : [];
  execFileSync(join(bin, "python"), [script, shippedBase, file, out, ...template], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const numbers = z.array(z.number());
  return z
    .object({
      trl: z.string(),
      transformers: z.string(),
      rows: z.array(z.object({ ids: numbers, labels: numbers })),
    })
    .parse(JSON.parse(readFileSync(out, "utf8")));
}

function compare(
  name: string,
  rows: readonly { ids: readonly number[]; labels: readonly number[] }[],
): string {
  const counts = { tokens: 0, targets: 0, ids: 0, labels: 0 };
  for (const [index, example] of examples.entries()) {
    const end = example.weights.findLastIndex((weight) => weight > 0) + 1;
    const cut = { messages: example.messages.slice(0, end), weights: example.weights.slice(0, end) };
    const { ids, weights } = tokenizer.mask(cut);
    const row = rows[index];
    const length = Math.max(ids.length, row?.ids.length ?? 0);
    for (let place = 0; place < length; place++) {
      const label = (weights[place] ?? 0) > 0 ? ids[place] : -100;
      counts.tokens++;
      if (label !== -100) counts.targets++;
      if (ids[place] !== row?.ids[place]) counts.ids++;
      if (label !== row?.labels[place]) counts.labels++;
    }
  }
  return `| \`${name}\` | ${rows.length} | ${counts.tokens} | ${counts.targets} | ${counts.ids} | ${counts.labels} |`;
}

/** Three epochs of one step each, by both trainers; TRL's is interrupted after its first checkpoint. */
async function trainBoth(): Promise<void> {
  const few = examples.toSorted((a, b) => lengthOf(a) - lengthOf(b)).slice(0, 3);
  const shared = {
    epochs: 3,
    learningRate: 1e-4,
    warmup: 0,
    clip: 1,
    weightDecay: 0.01,
    schedule: "constant",
  } as const;
  const embedded = embeddedTrainer({
    ...shared,
    base: shippedBase,
    batchTokens: 10 ** 6,
  });
  const outside = trlTrainer({
    ...shared,
    model: shippedBase,
    lora: false,
    batchSize: few.length,
    contextLength: 4096,
    precision: "float32",
    gradientCheckpointing: false,
    settings: { use_cpu: true, adam_beta2: 0.95 },
    executable: [join(bin, "trl")],
    serve: hostedModel({ baseUrl: "http://127.0.0.1:9/v1" }),
  });
  const here = await embedded.train({
    base: await embedded.base(),
    examples: few,
    seed: 1,
    outputDirectory: join(folder, "embedded"),
  });
  const request = {
    base: await outside.base(),
    examples: few,
    seed: 1,
    outputDirectory: join(folder, "trl"),
  };
  const controller = new AbortController();
  const interrupted = await outside
    .train({
      ...request,
      signal: controller.signal,
      // The checkpoint of an epoch is written after its loss is printed.
      onProgress: ({ step }) => (step === 2 ? controller.abort(new Error("interrupted")) : undefined),
    })
    .then(
      () => "not interrupted",
      (error: Error) => error.message,
    );
  const there = await outside.train(request);
  const starts = readFileSync(join(folder, "trl.training", "log.txt"), "utf8").match(/^\$ /gm)?.length;
  say("## Training");
  say("");
  say(
    `The three shortest of the examples, three steps over all of them, the whole model in float32, AdamW with the same settings and a constant learning rate. TRL was interrupted in its second step ("${interrupted}") and started ${starts} times; it went on from its checkpoint.`,
  );
  say("");
  say("| step | loss, embedded trainer | loss, `trlTrainer` |");
  say("| ---: | ---: | ---: |");
  for (const [index, loss] of here.losses.entries()) {
    say(`| ${index + 1} | ${loss.toFixed(4)} | ${there.losses[index]?.toFixed(4) ?? "-"} |`);
  }
}

function lengthOf({ messages }: TrainingExample): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}
