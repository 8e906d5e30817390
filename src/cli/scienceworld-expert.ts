import { defineCommand } from "citty";
import { playGold, playSpoiledGold } from "../environment/scienceworld/expert/gold.ts";
import { scienceworld } from "../environment/scienceworld/index.ts";
import { ConfigurationError } from "../errors.ts";
import { isStream } from "../files.ts";
import { writeTrajectories } from "../formats/native.ts";
import { InterruptedError } from "../run/errors.ts";
import { isWin, type Trajectory } from "../trajectory.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { speakerFor } from "./output-file.ts";
import { terminalProgress } from "./progress.ts";
import { openUnfinished, type UnfinishedFile } from "./unfinished-file.ts";

const kinds = ["gold", "spoiled-gold"] as const;

export const scienceworldExpertCommand = defineCommand({
  meta: { description: "Write trajectories of an expert that follows the simulator's own solution" },
  args: {
    out: { type: "string", description: "The file to write", valueHint: "FILE", required: true },
    kind: {
      type: "string",
      description: "gold, or spoiled-gold: with seeded mistakes, a stand-in for an expert that errs",
      valueHint: "NAME",
      default: "gold",
    },
    tasks: { type: "string", description: "The first so many training tasks; all if absent", valueHint: "N" },
    seed: { type: "string", description: "What goes wrong follows from it", valueHint: "N", default: "1" },
    rate: { type: "string", description: "Probability of a mistake at a step", valueHint: "P" },
  },
  run: async ({ args }) => {
    const kind = kinds.find((known) => known === args.kind);
    if (kind === undefined) {
      throw new ConfigurationError(`--kind: expected ${kinds.join(" or ")}, got "${args.kind}"`);
    }
    const seed = readNumberArgument("seed", args.seed, { integer: true, least: 0 });
    const count = readNumberArgument("tasks", args.tasks, { integer: true, least: 1 });
    const rate = readNumberArgument("rate", args.rate, { integer: false, least: 0, most: 1 });
    await using environment = scienceworld();
    const tasks = environment.tasks("train").slice(0, count);
    const settings = {
      kind,
      ...(kind === "gold" ? {} : { seed, ...(rate === undefined ? {} : { rate }) }),
      environment: environment.describe?.(),
    };
    // Nothing can stand beside a pipe.
    const unfinished = isStream(args.out) ? undefined : openUnfinished(args.out, settings);
    const signal = onInterrupt(
      unfinished === undefined
        ? new InterruptedError("Stopped.", "Run the same command again to begin anew.")
        : new InterruptedError(),
    );
    signal.addEventListener("abort", () => void environment[Symbol.asyncDispose]());
    const finished = unfinished?.finished.slice(0, tasks.length) ?? [];
    if (finished.length > 0) console.error(`Going on after ${finished.length} finished trajectories.`);
    const left = { environment, tasks: tasks.slice(finished.length), signal };
    const played =
      kind === "gold"
        ? playGold(left)
        : playSpoiledGold({ ...left, seed, ...(rate === undefined ? {} : { rate }) });
    const all = allOf(finished, played, unfinished);
    const tally = { episodes: 0, wins: 0, reward: 0 };
    await writeTrajectories(args.out, counted(all, tasks.length, tally));
    unfinished?.remove();
    speakerFor(args.out)(
      `Wrote ${tally.episodes} trajectories of ${kind} to ${args.out}: ${tally.wins} wins, mean reward ${(tally.reward / tally.episodes).toFixed(3)}.`,
    );
  },
});

async function* allOf(
  finished: readonly Trajectory[],
  played: AsyncIterable<Trajectory>,
  unfinished: UnfinishedFile | undefined,
): AsyncGenerator<Trajectory> {
  yield* finished;
  for await (const trajectory of played) {
    unfinished?.add(trajectory);
    yield trajectory;
  }
}

async function* counted(
  played: AsyncIterable<Trajectory>,
  total: number,
  tally: { episodes: number; wins: number; reward: number },
): AsyncGenerator<Trajectory> {
  const work = terminalProgress().begin("episodes", total);
  for await (const trajectory of played) {
    tally.episodes += 1;
    tally.reward += trajectory.reward;
    if (isWin(trajectory)) tally.wins += 1;
    work.update(tally.episodes);
    yield trajectory;
  }
  work.end();
}
