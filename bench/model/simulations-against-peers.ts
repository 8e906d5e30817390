/**
 * Simulations of real WebShop transcripts against PyTorch and transformers:
 * `node bench/model/simulations-against-peers.ts --python PYTHON --records react.jsonl [--threads N] [--rounds N]
 * [--without-transformers] [--json]`.
 *
 * RECORDS holds WebShop episodes as the ReAct client records them. From up to five states of each, 64 episodes are played
 * in all and all at once: the student writes the recorded messages (it may choose no other tokens) and reads the
 * recorded pages, as long as they fit its 2,048 positions. The peers do the same turn by turn, as one writes it down:
 * all prompts of a turn padded to the longest, then as many tokens as the longest message has, in PyTorch with a loop
 * over a cache of keys and values, in transformers with `generate`. Tokens count once, by what was written and read.
 */
import { readTrajectories } from "../../src/formats/formats.ts";
import { loadCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import { initialParameters } from "../../src/model/llama/llama.ts";
import { openSampler } from "../../src/model/sampling/open-sampler.ts";
import type { TokenRestriction } from "../../src/model/sampling/sampler.ts";
import { shippedBase } from "../../src/trainer/shipped-base.ts";
import { type Trajectory, transcript } from "../../src/trajectory.ts";
import { BenchmarkError, count, readCommandLine } from "../command-line.ts";
import { median } from "../median.ts";
import { comparedModel } from "./peers/compared-model.ts";
import { startPeer } from "./peers/peer.ts";

const { values } = readCommandLine(import.meta.url, {
  python: { type: "string", default: "python3" },
  records: { type: "string" },
  threads: { type: "string", default: "2" },
  rounds: { type: "string", default: "3" },
  "without-transformers": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
});
if (values.records === undefined)
  throw new BenchmarkError("Name a file of recorded episodes: --records FILE");

const [trajectories, branches, episodesAtOnce] = [20, 5, 64];
const threads = count("threads", values.threads);
const rounds = count("rounds", values.rounds);

interface Turn {
  readonly message: readonly number[];
  readonly observation: readonly number[];
}
interface Episode {
  readonly prompt: readonly number[];
  readonly turns: readonly Turn[];
}

const { tokenizer } = await loadCheckpoint(shippedBase);
const configuration = {
  ...comparedModel,
  vocabularySize: tokenizer.vocabularySize,
  maximumPositions: 2048,
};
const parameters = initialParameters(configuration, 1);
const episodes = (await recordedEpisodes(values.records)).slice(0, episodesAtOnce);
if (episodes.length === 0) {
  throw new BenchmarkError(`${values.records} has no episode of at least ${branches} steps.`);
}
const written = sumOf(({ message }) => message.length);
const read = sumOf(({ observation }) => observation.length);

const model = { configuration, parameters };
await using pytorch = await startPeer(values.python, "pytorch.py", model, threads);
await using transformers = await startPeer(values.python, "transformers_peer.py", model, threads);
const simulators = new Map<string, () => Promise<number>>([
  ["eef", () => simulate(7)],
  ["eef, without guesses", () => simulate(0)],
  ["PyTorch", () => askFor(pytorch)],
]);
if (!values["without-transformers"]) simulators.set("transformers", () => askFor(transformers));

const seconds = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of simulators) seconds.set(name, [...(seconds.get(name) ?? []), await run()]);
}
const ours = median(seconds.get("eef") ?? []);
const results = [...seconds].map(([name, times]) => ({
  name,
  seconds: Number(median(times).toFixed(1)),
  writtenTokensPerSecond: Math.round(written / median(times)),
  timesAsLong: Number((median(times) / ours).toFixed(2)),
}));
if (values.json) console.log(JSON.stringify({ threads, episodes: episodes.length, written, read, results }));
else {
  console.log(
    `${episodes.length} episodes: ${written} tokens written, ${read} tokens of observations between them.`,
  );
  console.table(results);
}

async function askFor(peer: typeof pytorch): Promise<number> {
  return (await peer.ask<{ seconds: number }>({ name: "simulations", episodes })).seconds;
}

async function simulate(guessedTokens: number): Promise<number> {
  const options = { maximumSequences: episodesAtOnce, threads, guessedTokens };
  await using sampler = await openSampler({ configuration, parameters, tokenizer }, options);
  const start = performance.now();
  await Promise.all(
    episodes.map(async ({ prompt, turns }, index) => {
      const tokens = [...prompt];
      for (const { message, observation } of turns) {
        const sample = await sampler.sample({
          prompt: tokens.slice(),
          seed: index,
          temperature: 1,
          maximumNewTokens: message.length,
          episode: `${index}`,
          restriction: onlyTokens(message),
        });
        if (sample.tokens.length !== message.length) throw new BenchmarkError("Another message was written.");
        tokens.push(...message, ...observation);
      }
    }),
  );
  return (performance.now() - start) / 1000;
}

/** Lets nothing be written but a message. */
function onlyTokens(message: readonly number[]): TokenRestriction {
  let place = 0;
  return {
    constraint: () => ({ kind: "only", tokens: message.slice(place, place + 1) }),
    accept: () => place++,
  };
}

/** Five states of each trajectory, from the first on, and what follows them. */
async function recordedEpisodes(file: string): Promise<Episode[]> {
  const recorded: Trajectory[] = [];
  for await (const { trajectory } of readTrajectories(file, { format: "webshop-react" })) {
    if (trajectory.steps.length >= branches) recorded.push(trajectory);
  }
  return recorded.slice(0, trajectories).flatMap((trajectory) => {
    const turns: Turn[] = [];
    const prompts = trajectory.steps
      .map((_, state) => promptOf(transcript("Shop.", trajectory, state)))
      .filter(({ length }) => length < configuration.maximumPositions - 1);
    for (const [state, prompt] of prompts.entries()) {
      const next = prompts[state + 1];
      if (next === undefined) break;
      const answer = next.slice(prompt.length);
      const end = 1 + answer.findIndex((token) => tokenizer.endTokens.includes(token));
      turns.push({ message: answer.slice(0, end), observation: answer.slice(end) });
    }
    return Array.from({ length: branches }, (_, branch) => ({
      prompt: prompts[branch] ?? [],
      turns: turns.slice(branch),
    })).filter((episode) => episode.turns.length > 0);
  });
}

function promptOf(messages: Parameters<typeof tokenizer.encodeChat>[0]): readonly number[] {
  return tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids;
}

function sumOf(size: (turn: Turn) => number): number {
  return episodes.reduce((sum, { turns }) => sum + turns.reduce((inner, turn) => inner + size(turn), 0), 0);
}
