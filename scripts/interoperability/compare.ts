import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { loadAdapter, saveAdapter } from "../../src/model/checkpoint/adapter-files.ts";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import {
  type Adapter,
  createDecodingSession,
  createLoraSession,
  createTrainingSession,
  initialAdapter,
  mergeAdapter,
  type Parameters,
  type TrainingBatch,
  type TrainingSession,
} from "../../src/model/llama/llama.ts";
import { createRandom } from "../../src/random.ts";

const ids = z.array(z.number());
/** What make_models.py records of one model. */
const referenceSchema = z.object({
  torch: z.string(),
  transformers: z.string(),
  peft: z.string(),
  ids: z.array(ids),
  logits: ids,
  loss: z.number(),
  gradientNorm: z.number(),
  greedy: z.array(ids),
  conversation: z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() })),
  chat: ids,
  chatPrompt: ids,
  endTokens: ids,
  texts: z.record(z.string(), ids),
  adapter: z.object({ logits: ids, loss: z.number(), gradientNorm: z.number() }),
});
type Reference = z.infer<typeof referenceSchema>;

/** How far the embedded student is from torch with one model: largest absolute differences. */
export interface Comparison {
  readonly logits: number;
  /** The largest of torch's logits, by its absolute value: what the difference is to be compared with. */
  readonly largestLogit: number;
  readonly loss: number;
  /** Relative to the norm. */
  readonly gradientNorm: number;
  readonly greedyEqual: boolean;
  readonly tokensEqual: boolean;
  readonly adapterLogits: number;
  readonly adapterLoss: number;
  readonly adapterGradientNorm: number;
}

export async function readReference(directory: string): Promise<Reference> {
  return referenceSchema.parse(JSON.parse(await readFile(join(directory, "reference.json"), "utf8")));
}

/**
 * Compares a model of make_models.py with what the embedded student computes, and writes for check_ours.py `ours/model`
 * (the model saved again), `ours/adapter` (an adapter of our own) and `ours/logits.json` (with and without it).
 */
export async function compareModel(directory: string): Promise<Comparison> {
  const reference = await readReference(directory);
  const checkpoint = await loadCheckpoint(join(directory, "model"));
  const { configuration, parameters, tokenizer } = checkpoint;
  const adapter = await loadAdapter(join(directory, "adapter"), configuration);
  const batch = batchOf(reference.ids);
  const logits = await allLogits(checkpoint, parameters, reference.ids);
  const adapted = await allLogits(
    checkpoint,
    mergeAdapter(configuration, parameters, adapter),
    reference.ids,
  );
  await using full = await createTrainingSession(configuration, parameters, { learning });
  await using lora = await createLoraSession(configuration, parameters, adapter, { learning });
  const fullStep = await difference(full, batch, reference);
  const loraStep = await difference(lora, batch, reference.adapter);
  await writeOurs(directory, checkpoint, reference, logits);
  const tokens = [
    [tokenizer.encodeChat(reference.conversation).ids, reference.chat],
    [tokenizer.encodeChat(reference.conversation, { addGenerationPrompt: true }).ids, reference.chatPrompt],
    [tokenizer.endTokens.toSorted(), reference.endTokens.toSorted()],
    ...Object.entries(reference.texts).map(([text, expected]) => [tokenizer.encode(text), expected]),
  ];
  return {
    logits: largestDifference(logits, reference.logits),
    largestLogit: largestDifference(
      reference.logits,
      reference.logits.map(() => 0),
    ),
    ...fullStep,
    greedyEqual: equal(await greedy(checkpoint, reference), reference.greedy),
    tokensEqual: tokens.every(([got, expected]) => equal(got, expected)),
    adapterLogits: largestDifference(adapted, reference.adapter.logits),
    adapterLoss: loraStep.loss,
    adapterGradientNorm: loraStep.gradientNorm,
  };
}

const learning = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: Infinity };

/** Every token but the last of a row predicts the next one. */
function batchOf(rows: readonly (readonly number[])[]): TrainingBatch {
  const length = rows[0]?.length ?? 0;
  return {
    rows: rows.length,
    length,
    inputIds: Int32Array.from(rows.flat()),
    targets: Int32Array.from(rows.flatMap((row) => [...row.slice(1), 0])),
    targetWeights: Float32Array.from(
      rows.flatMap((row) => row.map((_, place) => (place < length - 1 ? 1 : 0))),
    ),
  };
}

async function difference(
  session: TrainingSession,
  batch: TrainingBatch,
  expected: { readonly loss: number; readonly gradientNorm: number },
) {
  const { loss, gradientNorm } = await session.step(batch, 0);
  return {
    loss: Math.abs(loss - expected.loss),
    gradientNorm: Math.abs(gradientNorm / expected.gradientNorm - 1),
  };
}

/** The logits at every place, [rows, length, vocabulary]. */
async function allLogits(
  { configuration }: Checkpoint,
  parameters: Parameters,
  rows: readonly (readonly number[])[],
): Promise<number[]> {
  await using session = await createDecodingSession(configuration, parameters, {
    maximumSequences: rows.length,
  });
  const result: number[] = [];
  for (const [slot, row] of rows.entries()) {
    for (const token of row) result.push(...(await session.append([{ slot, tokens: [token] }])));
  }
  return result;
}

async function greedy({ configuration, parameters }: Checkpoint, reference: Reference): Promise<number[][]> {
  await using session = await createDecodingSession(configuration, parameters, { maximumSequences: 1 });
  const results: number[][] = [];
  for (const [row, expected] of reference.greedy.entries()) {
    session.reset(0);
    let tokens = reference.ids[row]?.slice(0, 10) ?? [];
    const written: number[] = [];
    while (written.length < expected.length) {
      const logits = await session.append([{ slot: 0, tokens }]);
      const best = logits.reduce((a, b) => Math.max(a, b), -Infinity);
      tokens = [logits.indexOf(best)];
      written.push(...tokens);
    }
    results.push(written);
  }
  return results;
}

async function writeOurs(
  directory: string,
  checkpoint: Checkpoint,
  reference: Reference,
  logits: readonly number[],
): Promise<void> {
  const ours = join(directory, "ours");
  const { configuration, parameters } = checkpoint;
  await saveCheckpoint(join(ours, "model"), checkpoint);
  const adapter = randomAdapter(checkpoint);
  await saveAdapter(join(ours, "adapter"), adapter, join(ours, "model"));
  const adapted = await allLogits(
    checkpoint,
    mergeAdapter(configuration, parameters, adapter),
    reference.ids,
  );
  await writeFile(join(ours, "logits.json"), JSON.stringify({ ids: reference.ids, logits, adapted }));
}

function randomAdapter({ configuration }: Checkpoint): Adapter {
  const options = {
    rank: 4,
    alpha: 6,
    dropout: 0.1,
    targetModules: ["k_proj", "v_proj", "up_proj"] as const,
  };
  const adapter = initialAdapter(configuration, options, 1);
  const random = createRandom(2);
  for (const { data } of adapter.parameters.values())
    for (const i of data.keys()) data[i] = 0.2 * random.normal();
  return adapter;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
