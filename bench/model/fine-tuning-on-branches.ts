/**
 * Fine-tuning on what branches from one trajectory, with and without sharing: `node bench/model/fine-tuning-on-branches.ts
 * RUN [--steps N] [--threads N] [--rounds N] [--json]`.
 *
 * RUN is a run directory of the embedded student. Most of a small student's simulations lose, in long loops. So each is
 * cut where the expert was done, as if it had won as fast as the expert; the student's own actions are the targets. A step
 * takes all simulations of one expert trajectory. Both take an epoch in turn from the shipped base. Prints the places that
 * are computed, padding included, the seconds by the median of the epochs, and how far the losses of a step are apart.
 */
import { z } from "zod";
import { loadCheckpoint } from "../../src/model/checkpoint/checkpoint.ts";
import { createTrainingSession, type TrainingBatch } from "../../src/model/llama/llama.ts";
import { readTrajectory } from "../../src/run/database/trajectories.ts";
import { readDataset, readTrainingTrajectories } from "../../src/run/read-selections.ts";
import { readRunDirectory } from "../../src/run/run-directory.ts";
import { fineTuningRows, packSequences } from "../../src/trainer/packing.ts";
import { type TargetSequence, targetSequence } from "../../src/trainer/sequences.ts";
import { shippedBase } from "../../src/trainer/shipped-base.ts";
import { transcript } from "../../src/trajectory.ts";
import { BenchmarkError, count, readCommandLine } from "../command-line.ts";
import { median } from "../median.ts";

const { values, positionals } = readCommandLine(
  import.meta.url,
  {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
  },
  ["a run directory of the embedded student"],
);
const [path = ""] = positionals;
const threads = count("threads", values.threads);
const rounds = count("rounds", values.rounds);

const { configuration, parameters, tokenizer } = await loadCheckpoint(shippedBase);
const groups = branches(path).slice(0, count("steps", values.steps));
if (groups.length === 0)
  throw new BenchmarkError(`${path} has no simulations that begin in an expert's state.`);
const rows = fineTuningRows(configuration);
const packings = new Map<string, TrainingBatch[][]>([
  ["apart", groups.map((group) => packSequences(group, { ...rows, maximumShared: 0 }))],
  ["shared", groups.map((group) => packSequences(group, rows))],
]);

const open = () =>
  createTrainingSession(configuration, parameters, {
    learning: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    threads,
  });
const [apart, shared] = [await lossesOf("apart"), await lossesOf("shared")];
await using session = await open();
const seconds = new Map<string, number[]>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, steps] of packings) {
    const start = performance.now();
    for (const batches of steps) await session.step(batches, 1e-3);
    // The first epoch compiles.
    if (round > 0) seconds.set(name, [...(seconds.get(name) ?? []), (performance.now() - start) / 1000]);
  }
}

const results = [...packings].map(([name, steps]) => ({
  name,
  places: steps.flat().reduce((sum, batch) => sum + batch.rows * batch.length, 0),
  seconds: Number(median(seconds.get(name) ?? []).toFixed(2)),
}));
const summary = {
  steps: groups.length,
  sharing: groups.filter((_, step) => packings.get("shared")?.[step]?.some(isTree)).length,
  tokens: groups.flat().reduce((sum, { inputIds }) => sum + inputIds.length, 0),
  lossDifference: Math.max(...apart.map((loss, step) => Math.abs(loss - (shared[step] ?? Number.NaN)))),
  ratio: median(seconds.get("apart") ?? []) / median(seconds.get("shared") ?? []),
};
if (values.json) console.log(JSON.stringify({ threads, ...summary, results }));
else {
  console.log(
    `${summary.steps} steps with ${summary.tokens} tokens; ${summary.sharing} of the steps share something.`,
  );
  console.table(results);
  console.log(
    `Sharing is ${summary.ratio.toFixed(2)} times as fast; losses differ by ${summary.lossDifference}.`,
  );
}

/** The loss of each step at the base's weights. */
async function lossesOf(name: string): Promise<number[]> {
  await using base = await open();
  const losses: number[] = [];
  for (const batches of packings.get(name) ?? []) losses.push((await base.evaluate(batches)).loss);
  return losses;
}

/** Of each expert trajectory that simulations start from, their sequences. */
function branches(run: string): TargetSequence[][] {
  using directory = readRunDirectory(run);
  const systemPrompt = readDataset(directory, "SFT", 0)[0]?.messages[0]?.content ?? "";
  return readTrainingTrajectories(directory)
    .map((expert) =>
      directory.database
        .all(z.object({ id: z.string() }), "SELECT id FROM trajectories WHERE from_trajectory = ?", expert.id)
        .flatMap(({ id }) => readTrajectory(directory.database, id, expert) ?? [])
        .flatMap(({ initialObservation, steps, from }) => {
          const cut = { initialObservation, steps: steps.slice(0, expert.steps.length) };
          const messages = transcript(systemPrompt, cut);
          const first = 2 + 2 * (from?.stateIndex ?? 0);
          const weights = messages.map((_, index) => (index >= first ? 1 : 0));
          return targetSequence(tokenizer, { messages, weights }, configuration.maximumPositions) ?? [];
        }),
    )
    .filter((group) => group.length > 1);
}

/** Whether some token is seen further than the one before it: a branch ends there, and another begins. */
function isTree({ positions }: TrainingBatch): boolean {
  return (
    positions?.some((position, place) => position > 0 && position !== (positions[place - 1] ?? -1) + 1) ??
    false
  );
}
