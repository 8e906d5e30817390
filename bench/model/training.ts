/**
 * Training steps of the default student (forward, backward, clipping, AdamW; fp32):
 * `node bench/model/training.ts [--threads N] [--steps N] [--json]`.
 *
 * For batches of 8 rows of 512 and 1,024 tokens, with a target at every token and at every fourth one, prints the
 * tokens a second by the median and the fastest step, and the processor time of a step, which says more than either
 * on a machine that does other work too. The first step, which compiles the graph, is not counted.
 */
import process from "node:process";
import { createTrainingSession, initialParameters, type TrainingBatch } from "../../src/model/llama/llama.ts";
import { count, readCommandLine } from "../command-line.ts";
import { student, timed, tokens } from "./student.ts";

const { values } = readCommandLine(import.meta.url, {
  threads: { type: "string", default: "2" },
  steps: { type: "string", default: "5" },
  json: { type: "boolean", default: false },
});
const threads = count("threads", values.threads);
const steps = count("steps", values.steps);

const results = [];
for (const length of [512, 1024]) {
  await using session = await createTrainingSession(student, initialParameters(student, 1), {
    learning: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    threads,
  });
  for (const every of [1, 4]) {
    const batch = batchOf(8, length, every);
    await session.step(batch, 1e-3);
    const { median, fastest, processor } = await timed(steps, () => session.step(batch, 1e-3));
    results.push({
      rows: 8,
      length,
      targets: Math.ceil((8 * length) / every),
      tokensPerSecond: Math.round((8 * length * 1000) / median),
      fastestTokensPerSecond: Math.round((8 * length * 1000) / fastest),
      processorMilliseconds: Math.round(processor),
      residentMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
    });
  }
}

if (values.json) console.log(JSON.stringify({ threads, results }));
else console.table(results);

function batchOf(rows: number, length: number, every: number): TrainingBatch {
  const inputIds = Int32Array.from(tokens(rows * length, 0));
  return {
    rows,
    length,
    inputIds,
    targets: inputIds.map((_, place) => inputIds[place + 1] ?? 0),
    targetWeights: Float32Array.from(inputIds, (_, place) => (place % every === 0 ? 1 : 0)),
  };
}
