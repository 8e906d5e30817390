/**
 * Fine-tuning on real examples against the Trainer of transformers:
 * `node bench/model/fine-tuning-against-transformers.ts RUN --python PYTHON [--dataset NAME] [--examples N]
 * [--batch N] [--threads N] [--rounds N] [--json]`.
 *
 * RUN is a run directory of the embedded student, NAME one of its `datasets` (METHOD-ITERATION, default eef-1). Both start
 * from the shipped base and take one epoch over the same examples in the same order, the same number in a step. The
 * Trainer pads each batch to its longest row and computes the logits of all tokens, which is what it does unless told
 * otherwise. Prints the tokens that are targets of the loss a second, by the median of the epochs, and how far the losses of the
 * first epoch are apart, step by step: that both do the same work is not taken on trust.
 */
import { loadCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import { createTrainingSession } from "../../src/model/llama/llama.ts";
import { createRandom } from "../../src/random.ts";
import { readDataset } from "../../src/run/read-selections.ts";
import { readRunDirectory } from "../../src/run/run-directory.ts";
import { fineTuningRows, packSequences } from "../../src/trainer/packing.ts";
import { type TargetSequence, targetSequence } from "../../src/trainer/sequences.ts";
import { shippedBase } from "../../src/trainer/shipped-base.ts";
import { BenchmarkError, count, readCommandLine } from "../command-line.ts";
import { median } from "../median.ts";
import { startPeer } from "./peers/peer.ts";

const { values, positionals } = readCommandLine(
  import.meta.url,
  {
    python: { type: "string", default: "python3" },
    dataset: { type: "string", default: "eef-1" },
    examples: { type: "string", default: "64" },
    batch: { type: "string", default: "8" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
  ["a run directory of the embedded student"],
);
const [path = ""] = positionals;
/** Losses of equal steps that differ by less are equal but for rounding. */
const equalLoss = 1e-4;
const rounds = count("rounds", values.rounds);
const wanted = count("examples", values.examples);
const threads = count("threads", values.threads);
const batchSize = count("batch", values.batch);

const base = await loadCheckpoint(shippedBase);
const { configuration, parameters } = base;
const sequences = exampleSequences().slice(0, wanted);
const groups = Array.from({ length: Math.ceil(sequences.length / batchSize) }, (_, group) =>
  sequences.slice(group * batchSize, (group + 1) * batchSize),
);
const targets = sequences.reduce(
  (sum, { weights }) => sum + weights.filter((weight) => weight > 0).length,
  0,
);

await using session = await createTrainingSession(configuration, parameters, {
  // Without decay: the two choose differently which weights decay.
  learning: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 },
  threads,
});
await using trainer = await startPeer(values.python, "transformers_peer.py", base, threads);
interface Epoch {
  readonly seconds: number;
  /** Of each step, at the weights before it. */
  readonly losses: readonly number[];
}
const trained = new Map<string, () => Promise<Epoch>>([
  ["eef", epoch],
  ["transformers", theirEpoch],
]);
// The first epoch, which both begin at the base, compiles and is not timed.
const losses = new Map<string, readonly number[]>();
for (const [name, run] of trained) losses.set(name, (await run()).losses);
const lossDifference = largestDifference(losses.get("eef") ?? [], losses.get("transformers") ?? []);
if (!(lossDifference <= equalLoss)) {
  throw new BenchmarkError(
    `The two do not train the same: losses of the first epoch differ by up to ${lossDifference}, more than ${equalLoss}.`,
  );
}
const seconds = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of trained) {
    seconds.set(name, [...(seconds.get(name) ?? []), (await run()).seconds]);
  }
}
const results = [...seconds].map(([name, times]) => ({
  name,
  seconds: Number(median(times).toFixed(2)),
  targetTokensPerSecond: Math.round(targets / median(times)),
  firstLoss: losses.get(name)?.[0],
  lastLossOfFirstEpoch: losses.get(name)?.at(-1),
}));
const ratio = median(seconds.get("transformers") ?? []) / median(seconds.get("eef") ?? []);
const tokens = sequences.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
if (values.json)
  console.log(
    JSON.stringify({ threads, examples: sequences.length, tokens, targets, ratio, lossDifference, results }),
  );
else {
  console.log(`${sequences.length} examples: ${tokens} tokens, ${targets} of them targets.`);
  console.table(results);
  console.log(
    `Equal work: in no step of the first epoch, ${groups.length} in all, do the losses differ by more than ${lossDifference.toExponential(1)}.`,
  );
  console.log(`eef trains on ${ratio.toFixed(2)} times as many target tokens a second.`);
}

async function epoch(): Promise<Epoch> {
  const start = performance.now();
  const stepLosses: number[] = [];
  for (const group of groups) {
    stepLosses.push((await session.step(packSequences(group, fineTuningRows(configuration)), 1e-3)).loss);
  }
  return { seconds: (performance.now() - start) / 1000, losses: stepLosses };
}

async function theirEpoch(): Promise<Epoch> {
  // Their model shifts the labels itself, so the last target stands among the inputs too.
  const examples = sequences.map(({ inputIds, targets: next, weights }) => ({
    input_ids: [...inputIds, next.at(-1) ?? 0],
    labels: [-100, ...next.map((target, place) => ((weights[place] ?? 0) > 0 ? target : -100))],
  }));
  return await trainer.ask({ name: "fineTuning", examples, batchSize });
}

/** NaN if one of the two has a step more. */
function largestDifference(ours: readonly number[], theirs: readonly number[]): number {
  const steps = Math.max(ours.length, theirs.length);
  return Math.max(
    ...Array.from({ length: steps }, (_, step) =>
      Math.abs((ours[step] ?? Number.NaN) - (theirs[step] ?? Number.NaN)),
    ),
  );
}

/** The examples of the dataset in a shuffled order, as a fine-tuning sees them; again and again if there are few. */
function exampleSequences(): TargetSequence[] {
  using directory = readRunDirectory(path);
  const [, method, iteration] = /^(.+)-(\d+)$/.exec(values.dataset) ?? [];
  if (method === undefined) {
    throw new BenchmarkError(`--dataset takes METHOD-ITERATION, such as eef-1, not "${values.dataset}".`);
  }
  const known = readDataset(directory, method, Number(iteration))
    .map((example) => targetSequence(base.tokenizer, example, configuration.maximumPositions))
    .filter((sequence) => sequence !== undefined);
  if (known.length === 0)
    throw new BenchmarkError(`${values.dataset} of ${path} has no example with a target.`);
  const epochs = Math.ceil(wanted / known.length);
  return Array.from({ length: epochs }, (_, index) => createRandom(index).shuffle(known)).flat();
}
