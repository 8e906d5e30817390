/**
 * Training a LoRA adapter of a model in the shape of SmolLM-135M (random weights):
 * `node bench/model/lora.ts [--threads N] [--steps N] [--length N] [--rows N] [--rank N] [--dropout P] [--json]`.
 *
 * Prints the seconds of a step (forward, backward, clipping, AdamW; fp32; a target at every fourth token), by the median
 * and the fastest step without the first, which compiles the graph; its processor seconds; and the most memory that
 * the process had at any time, weights included.
 */
import process from "node:process";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import {
  adaptableModules,
  createLoraSession,
  initialAdapter,
  type LlamaConfiguration,
  type Parameters,
  parameterShapes,
  type TrainingBatch,
} from "../../src/model/llama/llama.ts";
import { createRandom } from "../../src/random.ts";
import { count, readCommandLine } from "../command-line.ts";
import { timed } from "./student.ts";

const { values } = readCommandLine(import.meta.url, {
  threads: { type: "string", default: "2" },
  steps: { type: "string", default: "3" },
  length: { type: "string", default: "512" },
  rows: { type: "string", default: "2" },
  rank: { type: "string", default: "8" },
  dropout: { type: "string", default: "0" },
  json: { type: "boolean", default: false },
});
const threads = count("threads", values.threads);
const steps = count("steps", values.steps);
const length = count("length", values.length);
const rows = count("rows", values.rows);
const rank = count("rank", values.rank);
const dropout = readNumberArgument("dropout", values.dropout, { integer: false, least: 0 });

const smolLm135M: LlamaConfiguration = {
  vocabularySize: 49_152,
  hiddenSize: 576,
  layers: 30,
  heads: 9,
  keyValueHeads: 3,
  headSize: 64,
  intermediateSize: 1536,
  maximumPositions: 2048,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};

const options = { rank, alpha: 2 * rank, dropout, targetModules: adaptableModules };
const adapter = initialAdapter(smolLm135M, options, 1);
await using session = await createLoraSession(smolLm135M, quickParameters(smolLm135M), adapter, {
  learning: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 },
  threads,
});
const batch = batchOf();
const losses: number[] = [];
const step = async () => losses.push((await session.step(batch, 1e-3)).loss);
await step();
const { median, fastest, processor } = await timed(steps, step);
const numbersIn = (sizes: Iterable<{ readonly data: Float32Array }>) =>
  [...sizes].reduce((sum, { data }) => sum + data.length, 0);
const result = {
  rows,
  length,
  trainedParameters: numbersIn(adapter.parameters.values()),
  secondsPerStep: Number((median / 1000).toFixed(2)),
  fastestSecondsPerStep: Number((fastest / 1000).toFixed(2)),
  processorSecondsPerStep: Number((processor / 1000).toFixed(2)),
  tokensPerSecond: Math.round((rows * length * 1000) / median),
  peakGigabytes: Number(((process.resourceUsage().maxRSS * 1024) / 1e9).toFixed(2)),
  firstLoss: losses[0],
  lastLoss: losses.at(-1),
};
if (values.json) console.log(JSON.stringify({ threads, ...result }));
else console.table(result);

/** Random weights of a usual size, uniform because that is quickly done; the numbers take as long as trained ones. */
function quickParameters(configuration: LlamaConfiguration): Parameters {
  const random = createRandom(1);
  return new Map(
    [...parameterShapes(configuration)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : 0.07 * (random.next() - 0.5);
      return [name, { shape, data }];
    }),
  );
}

function batchOf(): TrainingBatch {
  const inputIds = Int32Array.from(
    { length: rows * length },
    (_, i) => (i * 7919 + (i >> 3)) % smolLm135M.vocabularySize,
  );
  return {
    rows,
    length,
    inputIds,
    targets: inputIds.map((_, place) => inputIds[place + 1] ?? 0),
    targetWeights: Float32Array.from(inputIds, (_, place) => (place % 4 === 0 ? 1 : 0)),
  };
}
