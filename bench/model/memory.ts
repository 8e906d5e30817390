/**
 * Memory of long work with the shipped base: `node --expose-gc bench/model/memory.ts [--steps N] [--episodes N]
 * [--threads N] [--json]`.
 *
 * Takes training steps on packed rows of changing length, as fine-tuning does, then plays episodes of four messages
 * each, 64 at once, whose prompts grow by an observation each turn. Prints the process's resident memory ten times on
 * the way through each: what counts is that the second half adds nothing to the first.
 */
import process from "node:process";
import { loadCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import { createTrainingSession } from "../../src/model/llama/llama.ts";
import { openSampler } from "../../src/model/sampling/open-sampler.ts";
import { createRandom } from "../../src/random.ts";
import { fineTuningRows, packSequences } from "../../src/trainer/packing.ts";
import { shippedBase } from "../../src/trainer/shipped-base.ts";
import { count, readCommandLine } from "../command-line.ts";

const { values } = readCommandLine(import.meta.url, {
  steps: { type: "string", default: "1000" },
  episodes: { type: "string", default: "10000" },
  threads: { type: "string", default: "2" },
  json: { type: "boolean", default: false },
});
const [steps, episodes, threads] = [
  count("steps", values.steps),
  count("episodes", values.episodes),
  count("threads", values.threads),
];
const { configuration, parameters, tokenizer } = await loadCheckpoint(shippedBase);
const random = createRandom(1);
const tokens = (length: number) =>
  Array.from({ length }, () => Math.floor(random.next() * configuration.vocabularySize));

const results = { steps: await train(), episodes: await play() };
if (values.json) console.log(JSON.stringify({ threads, ...results }));
else {
  for (const [name, points] of Object.entries(results)) {
    console.log(name);
    console.table(points);
  }
}

interface Point {
  readonly done: number;
  readonly residentMegabytes: number;
}

function measure(done: number): Point {
  globalThis.gc?.();
  return { done, residentMegabytes: Math.round(process.memoryUsage.rss() / 1e6) };
}

async function train(): Promise<Point[]> {
  await using session = await createTrainingSession(configuration, parameters, {
    learning: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    threads,
  });
  const points: Point[] = [];
  for (let step = 1; step <= steps; step++) {
    const lengths = Array.from({ length: 2 }, () => 100 + Math.floor(random.next() * 1500));
    const group = lengths.map((length) => {
      const inputIds = tokens(length);
      return {
        inputIds,
        targets: inputIds,
        weights: inputIds.map((_, place) => (place % 4 === 0 ? 1 : 0)),
      };
    });
    await session.step(packSequences(group, fineTuningRows(configuration)), 1e-4);
    if (step % Math.ceil(steps / 10) === 0) points.push(measure(step));
  }
  return points;
}

async function play(): Promise<Point[]> {
  const options = { maximumSequences: 64, threads };
  await using sampler = await openSampler({ configuration, parameters, tokenizer }, options);
  const points: Point[] = [];
  let begun = 0;
  let ended = 0;
  const player = async () => {
    while (begun < episodes) {
      const index = begun++;
      const prompt = tokens(50 + (index % 300));
      for (let turn = 0; turn < 4; turn++) {
        const sample = await sampler.sample({
          prompt: prompt.slice(),
          seed: index,
          temperature: 1,
          maximumNewTokens: 4,
          episode: `${index}`,
        });
        prompt.push(...sample.tokens, ...tokens(20));
      }
      if (++ended % Math.ceil(episodes / 10) === 0) points.push(measure(ended));
    }
  };
  await Promise.all(Array.from({ length: 64 }, player));
  return points;
}
