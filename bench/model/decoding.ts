/**
 * Decoding with the default student: `node bench/model/decoding.ts [--threads N] [--steps N] [--json]`.
 *
 * For 32 and 64 sequences after 256, 512 and 1,024 tokens: tokens a second of reading the prompts (each in one call),
 * of one new token for every sequence in each call, by the median and the fastest call, and of an observation of
 * 40 tokens for every sequence in one call; and the processor time of a one-token call.
 */
import { createDecodingSession, initialParameters } from "../../src/model/llama/llama.ts";
import { count, readCommandLine } from "../command-line.ts";
import { student, timed, tokens } from "./student.ts";

const { values } = readCommandLine(import.meta.url, {
  threads: { type: "string", default: "2" },
  steps: { type: "string", default: "20" },
  json: { type: "boolean", default: false },
});
const threads = count("threads", values.threads);
const repetitions = count("steps", values.steps);

const observation = 40;
await using session = await createDecodingSession(student, initialParameters(student, 1), {
  maximumSequences: 64,
  threads,
});
const results = [];
for (const context of [256, 512, 1024]) {
  for (const sequences of [32, 64]) {
    const slots = Array.from({ length: sequences }, (_, slot) => slot);
    const every = (count: number) => slots.map((slot) => ({ slot, tokens: tokens(count, slot) }));
    for (const slot of slots) session.reset(slot);
    const prompts = await timed(1, () => session.append(every(context)));
    const steps = await timed(repetitions, () => session.append(every(1)));
    const observations = await timed(5, () => {
      for (const slot of slots) session.truncate(slot, context);
      return session.append(every(observation));
    });
    const perSecond = (count: number, milliseconds: number) =>
      Math.round((sequences * count * 1000) / milliseconds);
    results.push({
      context,
      sequences,
      promptTokensPerSecond: perSecond(context, prompts.median),
      tokensPerSecond: perSecond(1, steps.median),
      fastestTokensPerSecond: perSecond(1, steps.fastest),
      processorMilliseconds: Number(steps.processor.toFixed(1)),
      observationTokensPerSecond: perSecond(observation, observations.median),
    });
  }
}

if (values.json) console.log(JSON.stringify({ threads, results }));
else console.table(results);
