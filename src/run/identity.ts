import { createHash } from "node:crypto";
import { deriveSeed } from "../random.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { Json } from "./describe.ts";

/** A short hash (80 bits, in hexadecimal digits) of any JSON data. */
export function hashOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
}

/** The seed of one episode: of the run's seed and the place of the episode in the run. */
export function rolloutSeed(
  runSeed: number,
  purpose: "expert" | "simulation" | "evaluation",
  place: readonly (string | number)[],
): number {
  return deriveSeed(runSeed, purpose, ...place);
}

/** The key of a fine-tuning, equal if its result must be. */
export function fineTuningKey(
  baseVersion: string,
  examples: readonly TrainingExample[],
  trainer: Json,
  seed: number,
): string {
  const hash = createHash("sha256");
  // The JSON of all parts, piece by piece: that of many examples would be longer than a string may be.
  hash.update(`[${JSON.stringify(baseVersion)},${JSON.stringify(trainer)},${JSON.stringify(seed)},[`);
  for (const [index, { id, messages, weights, tools }] of examples.entries()) {
    const input = [id, messages, weights, ...(tools === undefined ? [] : [tools])];
    hash.update(`${index === 0 ? "" : ","}${JSON.stringify(input)}`);
  }
  return hash.update("]]").digest("hex").slice(0, 20);
}
