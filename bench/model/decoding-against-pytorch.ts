/**
 * Decoding of 32 sequences against PyTorch's: `node bench/model/decoding-against-pytorch.ts --python PYTHON
 * [--threads N] [--rounds N] [--steps N] [--sequences N] [--context N] [--json]`.
 *
 * The model has 4 layers of width 256, 4 heads, feed-forward 1,024 and 1,024 tokens. Both read the same prompts and
 * choose the most probable token each time, with a cache of keys and values; PyTorch's is allocated once. Prints
 * tokens a second by the median step, their ratio, and how many sequences came out equal.
 */
import { createDecodingSession, initialParameters } from "../../src/model/llama/llama.ts";
import { count, readCommandLine } from "../command-line.ts";
import { median } from "../median.ts";
import { comparedModel } from "./peers/compared-model.ts";
import { startPeer } from "./peers/peer.ts";

const { values } = readCommandLine(import.meta.url, {
  python: { type: "string", default: "python3" },
  threads: { type: "string", default: "2" },
  rounds: { type: "string", default: "5" },
  steps: { type: "string", default: "60" },
  sequences: { type: "string", default: "32" },
  context: { type: "string", default: "128" },
  json: { type: "boolean", default: false },
});
const [threads, rounds, steps] = [
  count("threads", values.threads),
  count("rounds", values.rounds),
  count("steps", values.steps),
];
const [rows, context] = [count("sequences", values.sequences), count("context", values.context)];
const { vocabularySize } = comparedModel;
const prompts = Array.from({ length: rows }, (_, row) =>
  Array.from({ length: context }, (_, i) => (i * 7919 + row * 31 + (i >> 3)) % vocabularySize),
);

interface Decoded {
  readonly promptMilliseconds: number;
  readonly milliseconds: readonly number[];
  /** The tokens of each step. */
  readonly chosen: readonly (readonly number[])[];
}

const parameters = initialParameters(comparedModel, 1);
await using session = await createDecodingSession(comparedModel, parameters, {
  maximumSequences: rows,
  threads,
});
await using peer = await startPeer(
  values.python,
  "pytorch.py",
  { configuration: comparedModel, parameters },
  threads,
);

const decoders = new Map<string, () => Promise<Decoded>>([
  ["eef", ours],
  ["PyTorch", () => peer.ask({ name: "decoding", rows, context, steps, tokens: prompts.flat() })],
]);
const measured = new Map<string, { prompts: number[]; steps: number[]; chosen: Decoded["chosen"] }>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, decode] of decoders) {
    const { promptMilliseconds, milliseconds, chosen } = await decode();
    const all = measured.get(name) ?? { prompts: [], steps: [], chosen };
    measured.set(name, all);
    if (round === 0) continue;
    all.prompts.push(promptMilliseconds);
    all.steps.push(...milliseconds);
  }
}
const reference = measured.get("eef")?.chosen ?? [];
const results = [...measured].map(([name, { prompts: promptTimes, steps: times, chosen }]) => ({
  name,
  promptTokensPerSecond: Math.round((rows * context * 1000) / median(promptTimes)),
  milliseconds: Number(median(times).toFixed(2)),
  fastest: Number(Math.min(...times).toFixed(2)),
  tokensPerSecond: Math.round((rows * 1000) / median(times)),
  equalSequences: prompts.filter((_, row) =>
    reference.every((tokens, step) => tokens[row] === chosen[step]?.[row]),
  ).length,
}));
const ratio = (results[1]?.milliseconds ?? Number.NaN) / (results[0]?.milliseconds ?? Number.NaN);
if (values.json) console.log(JSON.stringify({ threads, rows, context, steps, ratio, results }));
else {
  console.table(results);
  console.log(`eef decodes ${ratio.toFixed(2)} times as many tokens a second.`);
}

async function ours(): Promise<Decoded> {
  const slots = prompts.map((_, slot) => slot);
  for (const slot of slots) session.reset(slot);
  let start = performance.now();
  let logits = await session.append(slots.map((slot) => ({ slot, tokens: prompts[slot] ?? [] })));
  let tokens = mostProbable(logits);
  const promptMilliseconds = performance.now() - start;
  const milliseconds: number[] = [];
  const chosen = [tokens];
  for (let step = 0; step < steps; step++) {
    start = performance.now();
    logits = await session.append(slots.map((slot) => ({ slot, tokens: [tokens[slot] ?? 0] })));
    tokens = mostProbable(logits);
    chosen.push(tokens);
    milliseconds.push(performance.now() - start);
  }
  return { promptMilliseconds, milliseconds, chosen };
}

function mostProbable(logits: Float32Array): number[] {
  return prompts.map((_, row) => {
    const start = row * vocabularySize;
    let best = 0;
    for (let token = 1; token < vocabularySize; token++) {
      if ((logits[start + token] ?? 0) > (logits[start + best] ?? 0)) best = token;
    }
    return best;
  });
}
