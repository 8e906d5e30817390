/**
 * A training step against PyTorch's: `node bench/model/training-against-pytorch.ts --python PYTHON [--threads N]
 * [--rounds N] [--steps N] [--targets N] [--json]`.
 *
 * The model has 4 layers of width 256, 4 heads, feed-forward 1,024 and 1,024 tokens; a batch has 16 rows of 256
 * tokens with a target at every fourth place (every Nth). Both start from the same weights and take the same steps (forward,
 * backward, clipping, AdamW; fp32), in turn, a few at a time, so that other work on the machine hits both. PyTorch runs
 * eagerly and compiled. Prints tokens a second by the median step, their ratio, and by how much the losses differ.
 */
import {
  createTrainingSession,
  initialParameters,
  type LearningOptions,
} from "../../src/model/llama/llama.ts";
import { count, readCommandLine } from "../command-line.ts";
import { median } from "../median.ts";
import { comparedModel } from "./peers/compared-model.ts";
import { startPeer } from "./peers/peer.ts";

const { values } = readCommandLine(import.meta.url, {
  python: { type: "string", default: "python3" },
  threads: { type: "string", default: "2" },
  rounds: { type: "string", default: "5" },
  steps: { type: "string", default: "4" },
  targets: { type: "string", default: "4" },
  json: { type: "boolean", default: false },
});

const learning: LearningOptions = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 };
const learningRate = 1e-3;
const [rows, length] = [16, 256];
const [threads, rounds, steps] = [
  count("threads", values.threads),
  count("rounds", values.rounds),
  count("steps", values.steps),
];
const every = count("targets", values.targets);
const inputIds = Array.from(
  { length: rows * length },
  (_, i) => (i * 7919 + (i >> 3)) % comparedModel.vocabularySize,
);
const batch = {
  rows,
  length,
  inputIds,
  targets: inputIds.map((_, place) => inputIds[place + 1] ?? 0),
  targetWeights: inputIds.map((_, place) => (place % every === 0 ? 1 : 0)),
};

interface Steps {
  readonly milliseconds: readonly number[];
  readonly losses: readonly number[];
}
type Take = (first: boolean) => Promise<Steps>;

const parameters = initialParameters(comparedModel, 1);
const model = { configuration: comparedModel, parameters };
await using session = await createTrainingSession(comparedModel, parameters, { learning, threads });
await using eager = await startPeer(values.python, "pytorch.py", model, threads);
await using compiled = await startPeer(values.python, "pytorch.py", model, threads);

const typed = {
  ...batch,
  inputIds: Int32Array.from(inputIds),
  targets: Int32Array.from(batch.targets),
  targetWeights: Float32Array.from(batch.targetWeights),
};
const ours: Take = async () => {
  const [milliseconds, losses]: [number[], number[]] = [[], []];
  for (let step = 0; step < steps; step++) {
    const start = performance.now();
    losses.push((await session.step(typed, learningRate)).loss);
    milliseconds.push(performance.now() - start);
  }
  return { milliseconds, losses };
};
const pytorch =
  (peer: typeof eager, compile: boolean): Take =>
  (first) =>
    peer.ask({ name: "training", batch, learning, learningRate, steps, compile, fresh: first });

const takers = new Map<string, Take>([
  ["eef", ours],
  ["PyTorch, eager", pytorch(eager, false)],
  ["PyTorch, compiled", pytorch(compiled, true)],
]);
const taken = new Map<string, { milliseconds: number[]; losses: number[] }>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, take] of takers) {
    const { milliseconds, losses } = await take(round === 0);
    const all = taken.get(name) ?? { milliseconds: [], losses: [] };
    taken.set(name, all);
    all.losses.push(...losses);
    // The first round compiles.
    if (round > 0) all.milliseconds.push(...milliseconds);
  }
}

const reference = taken.get("eef")?.losses ?? [];
const results = [...taken].map(([name, { milliseconds, losses }]) => ({
  name,
  milliseconds: Math.round(median(milliseconds)),
  fastest: Math.round(Math.min(...milliseconds)),
  tokensPerSecond: Math.round((rows * length * 1000) / median(milliseconds)),
  lossDifferenceIn10: Math.max(...losses.slice(0, 10).map((loss, i) => Math.abs(loss - (reference[i] ?? 0)))),
  lastLoss: losses.at(-1),
}));
const fastestPeer = Math.min(...results.slice(1).map(({ milliseconds }) => milliseconds));
const ratio = fastestPeer / (results[0]?.milliseconds ?? Number.NaN);
if (values.json)
  console.log(JSON.stringify({ threads, targets: Math.ceil((rows * length) / every), ratio, results }));
else {
  console.table(results);
  console.log(`eef takes ${ratio.toFixed(2)} times as many tokens a second as the faster of the two.`);
}
