/**
 * Fine-tuning on real examples against the Trainer of transformers:
 * `node bench/model/fine-tuning-against-transformers.ts RUN --python PYTHON [--dataset NAME] [--examples N]
 * [--batch N] [--threads N] [--rounds N] [--json]`.
 *
 * RUN is a run directory of the embedded student, NAME one of its `datasets` (METHOD-ITERATION, default eef-1). Both start
 * from the shipped base and take one epoch over the same examples in the same order, the same number in a step. The
 * Trainer pads each batch to its longest row and computes the logits of all tokens, which is what it does unless told
 * otherwise. Prints the tokens that are targets of the loss a second, by the median of the epochs.
 */
import { parseArgs } from "node:util";
import { loadCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import { createTrainingSession } from "../../src/model/llama/llama.ts";
import { createRandom } from "../../src/random.ts";
import { readDataset } from "../../src/run/read-selections.ts";
import { readRunDirectory } from "../../src/run/run-directory.ts";
import { fineTuningRows, packSequences } from "../../src/trainer/packing.ts";
import { type TargetSequence, targetSequence } from "../../src/trainer/sequences.ts";
import { shippedBase } from "../../src/trainer/shipped-base.ts";
import { median } from "../median.ts";
import { startPeer } from "./peers/peer.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string", default: "python3" },
    dataset: { type: "string", default: "eef-1" },
    examples: { type: "string", default: "64" },
    batch: { type: "string", default: "8" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const [path] = positionals;
if (path === undefined) throw new Error("name a run directory");
const threads = Number(values.threads);
const batchSize = Number(values.batch);

const base = await loadCheckpoint(shippedBase);
const { configuration, parameters } = base;
const sequences = exampleSequences().slice(0, Number(values.examples));
const groups = Array.from({ length: Math.ceil(sequences.length / batchSize) }, (_, group) =>
  sequences.slice(group * batchSize, (group + 1) * batchSize),
);
const targets = sequences.reduce(
  (sum, { weights }) => sum + weights.filter((weight) => weight > 0).length,
  0,
);

await using session = await createTrainingSession(configuration, parameters, {
  learning: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
  threads,
});
await using trainer = await startPeer(values.python, "transformers_peer.py", base, threads);
const trained = new Map<string, () => Promise<number>>([
  ["eef", epoch],
  ["transformers", theirEpoch],
]);
const seconds = new Map<string, number[]>();
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const [name, run] of trained) {
    const time = await run();
    // The first epoch compiles.
    if (round > 0) seconds.set(name, [...(seconds.get(name) ?? []), time]);
  }
}
const results = [...seconds].map(([name, times]) => ({
  name,
  seconds: Number(median(times).toFixed(2)),
  targetTokensPerSecond: Math.round(targets / median(times)),
}));
const ratio = median(seconds.get("transformers") ?? []) / median(seconds.get("eef") ?? []);
const tokens = sequences.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
if (values.json)
  console.log(JSON.stringify({ threads, examples: sequences.length, tokens, targets, ratio, results }));
else {
  console.log(`${sequences.length} examples: ${tokens} tokens, ${targets} of them targets.`);
  console.table(results);
  console.log(`eef trains on ${ratio.toFixed(2)} times as many target tokens a second.`);
}

async function epoch(): Promise<number> {
  const start = performance.now();
  for (const group of groups) {
    await session.step(packSequences(group, fineTuningRows(configuration)), 1e-3);
  }
  return (performance.now() - start) / 1000;
}

async function theirEpoch(): Promise<number> {
  // Their model shifts the labels itself, so the last target stands among the inputs too.
  const examples = sequences.map(({ inputIds, targets: next, weights }) => ({
    input_ids: [...inputIds, next.at(-1) ?? 0],
    labels: [-100, ...next.map((target, place) => ((weights[place] ?? 0) > 0 ? target : -100))],
  }));
  return (await trainer.ask<{ seconds: number }>({ name: "fineTuning", examples, batchSize })).seconds;
}

/** The examples of the dataset in a shuffled order, as a fine-tuning sees them; again and again if there are few. */
function exampleSequences(): TargetSequence[] {
  using directory = readRunDirectory(path ?? "");
  const [, method = "", iteration = ""] = /^(.+)-(\d+)$/.exec(values.dataset) ?? [];
  const known = readDataset(directory, method, Number(iteration))
    .map((example) => targetSequence(base.tokenizer, example, configuration.maximumPositions))
    .filter((sequence) => sequence !== undefined);
  const epochs = Math.ceil(Number(values.examples) / known.length);
  return Array.from({ length: epochs }, (_, index) => createRandom(index).shuffle(known)).flat();
}
