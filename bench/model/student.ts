import type { LlamaConfiguration } from "../../src/model/llama/llama.ts";
import { median } from "../median.ts";

/** About the default student: 0.9 million parameters. */
export const student: LlamaConfiguration = {
  vocabularySize: 1000,
  hiddenSize: 128,
  layers: 4,
  heads: 4,
  keyValueHeads: 2,
  headSize: 32,
  intermediateSize: 384,
  maximumPositions: 2048,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};

/** Arbitrary tokens, the same on every run. */
export function tokens(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7919 + seed * 31 + (i >> 3)) % student.vocabularySize);
}

/** Wall-clock and processor milliseconds of each of `repetitions` runs, in order of wall-clock time. */
export async function timed(
  repetitions: number,
  run: () => Promise<unknown>,
): Promise<{ readonly median: number; readonly fastest: number; readonly processor: number }> {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  return {
    median: median(times),
    fastest: Math.min(...times),
    processor: (user + system) / 1000 / repetitions,
  };
}
