/**
 * What guessing the next tokens saves when a student writes messages of a finished run again:
 *
 *     node bench/model/guesses.ts RUN [--checkpoint NAME] [--messages N] [--rounds N] [--threads N]
 *
 * RUN is a run directory of the embedded student on WebShop, NAME a folder of its `checkpoints` (default: sft-0). The
 * messages are those of its simulations, written again with each number of guesses in turn, all of them at once as far as
 * 64 slots allow. Their tokens must be the same each time. Processor time is of this process, all threads together.
 */
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { loadCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import { type AppendRow, createDecodingSession } from "../../src/model/llama/llama.ts";
import { createSampler } from "../../src/model/sampling/sampler.ts";
import { readTrajectory } from "../../src/run/database/trajectories.ts";
import { readRunDirectory } from "../../src/run/run-directory.ts";
import { transcript } from "../../src/trajectory.ts";
import { BenchmarkError, count, readCommandLine } from "../command-line.ts";
import { median } from "../median.ts";

const { values, positionals } = readCommandLine(
  import.meta.url,
  {
    checkpoint: { type: "string", default: "sft-0" },
    messages: { type: "string", default: "256" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
  },
  ["a run directory of the embedded student"],
);
const [path = ""] = positionals;
const messages = count("messages", values.messages);
const rounds = count("rounds", values.rounds);
const threads = count("threads", values.threads);

using directory = readRunDirectory(path);
const student = await loadCheckpoint(directory.file(join("checkpoints", values.checkpoint)));
const maximumNewTokens = 400;
const longestPrompt = student.configuration.maximumPositions - maximumNewTokens;
const requests = simulatedPrompts(messages)
  .filter((prompt) => prompt.length <= longestPrompt)
  .map((prompt, seed) => ({ prompt, seed, temperature: 0.7, maximumNewTokens }));
if (requests.length === 0) {
  throw new BenchmarkError(`${path} has no simulation with a prompt of at most ${longestPrompt} tokens.`, {
    hint: "Name a run in which a method has explored.",
  });
}

const times = new Map<number, { seconds: number; processor: number; runs: number }[]>();
let first: string | undefined;
let written = 0;
for (let round = 0; round < rounds; round++) {
  for (const guessedTokens of [0, 3, 7]) {
    await using session = await createDecodingSession(student.configuration, student.parameters, {
      maximumSequences: 64,
      threads,
    });
    let runs = 0;
    const counting = {
      ...session,
      append: (rows: readonly AppendRow[]) => {
        runs++;
        return session.append(rows);
      },
    };
    await using sampler = createSampler(counting, student.tokenizer, { guessedTokens });
    const start = performance.now();
    const processor = process.cpuUsage();
    const samples = await Promise.all(requests.map((request) => sampler.sample(request)));
    const { user, system } = process.cpuUsage(processor);
    const measured = { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6, runs };
    times.set(guessedTokens, [...(times.get(guessedTokens) ?? []), measured]);
    written = samples.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const tokens = JSON.stringify(samples);
    first ??= tokens;
    if (tokens !== first) throw new BenchmarkError(`with ${guessedTokens} guesses the messages are others`);
  }
}

console.log(
  `${requests.length} messages, ${written} tokens, after ${requests.reduce((sum, { prompt }) => sum + prompt.length, 0)} tokens of prompts; the same with every number of guesses.`,
);
console.table(
  [...times].map(([guesses, of]) => ({
    guesses,
    runsOfTheModel: median(of.map(({ runs }) => runs)),
    seconds: median(of.map(({ seconds }) => seconds)).toFixed(1),
    processorSeconds: median(of.map(({ processor }) => processor)).toFixed(1),
  })),
);

/** The prompts of messages that the run's students wrote, evenly from all simulations and in their order. */
function simulatedPrompts(wanted: number): (readonly number[])[] {
  const { database } = directory;
  const rows = database.all(
    z.object({ id: z.string(), step: z.number() }),
    `SELECT t.id, s.position AS step FROM trajectories t JOIN steps s ON s.trajectory_id = t.id
     WHERE t.kind = 'simulation' AND s.position >= COALESCE(t.from_state, 0) ORDER BY t.task_id, t.id, s.position`,
  );
  const stride = Math.max(1, Math.floor(rows.length / wanted));
  return rows
    .filter((_, index) => index % stride === 0)
    .slice(0, wanted)
    .flatMap(({ id, step }) => {
      const trajectory = readTrajectory(database, id);
      if (trajectory === undefined) return [];
      const messages = transcript("Shop.", trajectory, step);
      return [student.tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids];
    });
}
