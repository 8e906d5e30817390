import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { isSimplificationText, simplifications } from "./simplifications.ts";
import { isAction, noAction, type Simulator, type SimulatorStep } from "./simulator.ts";
import { onSimulator, type SimulatorPool } from "./simulator-pool.ts";
import { type TaskKind, taskKinds } from "./task-kinds.ts";

/** An episode as it was recorded with the benchmark's Python package. */
const recordedEpisodeSchema = z
  .object({
    task: z.string().refine((name) => kindNamed(name) !== undefined, {
      error: ({ input }) => `ScienceWorld has no task ${JSON.stringify(input).slice(0, 100)}`,
    }),
    variation: z.int().min(0),
    /** The task's description, and what the first look around showed. */
    desc: z.string(),
    init: z.string(),
    /** Action, observation, and the score after it, from -100 to 100. */
    steps: z.array(z.tuple([z.string(), z.string(), z.number()])).readonly(),
    simplifications: z
      .string()
      .refine(isSimplificationText, `expected "easy", or some of ${simplifications.join(", ")} with commas`)
      .default("easy"),
  })
  .superRefine(({ task, variation }, context) => {
    const count = kindNamed(task)?.variations.reduce((sum, each) => sum + each, 0) ?? 0;
    if (variation < count) return;
    const message = `the task "${task}" has the variations 0 to ${count - 1}, not ${variation}`;
    context.addIssue({ code: "custom", path: ["variation"], message });
  });

function kindNamed(task: string): TaskKind | undefined {
  return taskKinds.find(({ name }) => name === task);
}

export type RecordedEpisode = Readonly<z.output<typeof recordedEpisodeSchema>> & {
  /** Where it stands in its file, from 1. */
  readonly line: number;
};

/** What is compared: descriptions with first looks, and the observations and scores of steps. */
export const replayFields = ["openings", "observations", "scores"] as const;
export type ReplayField = (typeof replayFields)[number];

export interface ReplayDifference {
  readonly field: ReplayField;
  readonly episode: string;
  /** 0 is the opening, 1 what follows the first action. */
  readonly step: number;
  readonly action: string;
  readonly expected: string;
  readonly received: string;
}

export interface FieldCounts {
  readonly matches: number;
  readonly total: number;
}

export interface ReplayReport {
  readonly episodes: number;
  /** Episodes in which nothing differs. */
  readonly identicalEpisodes: number;
  readonly fields: Readonly<Record<ReplayField, FieldCounts>>;
  /** The first difference of each field that has one. */
  readonly differences: readonly ReplayDifference[];
}

/**
 * Recorded episodes, one JSON object a line.
 *
 * @throws InvalidFileError naming the line that is none, or if there are none
 */
export function parseRecordedEpisodes(text: string, file: string): readonly RecordedEpisode[] {
  const episodes = text.split("\n").flatMap((lineText, index) => {
    if (lineText.trim() === "") return [];
    const line = index + 1;
    let value: unknown;
    try {
      value = JSON.parse(lineText);
    } catch {
      throw new InvalidFileError(file, `line ${line}`, "not JSON");
    }
    const parsed = recordedEpisodeSchema.safeParse(value);
    if (parsed.success) return [{ ...parsed.data, line }];
    const [issue] = parsed.error.issues;
    throw new InvalidFileError(file, `line ${line}, ${issue?.path.join(".")}`, issue?.message ?? "invalid", {
      hint: "Expected a recorded episode of ScienceWorld: task, variation, desc, init and steps of [action, observation, score].",
    });
  });
  if (episodes.length === 0) throw new InvalidFileError(file, "the file", "holds no episodes");
  return episodes;
}

export interface ReplayEpisodesOptions {
  /** Told how many are done. */
  onEpisode?(done: number): void;
  /** Gives up waiting for simulators; an episode in play is given up where its simulator ends. */
  readonly signal?: AbortSignal;
}

/**
 * Plays recorded episodes again, as many at once as there are simulators, and compares everything. An episode whose simulator is lost is
 * played once more on another one.
 *
 * @throws SimulatorLostError where an episode loses three simulators; the signal's reason if it aborts
 */
export async function replayEpisodes(
  pool: SimulatorPool,
  episodes: readonly RecordedEpisode[],
  { onEpisode, signal }: ReplayEpisodesOptions = {},
): Promise<ReplayReport> {
  const counts = new Map(replayFields.map((field) => [field, { matches: 0, total: 0 }]));
  const differences = new Map<ReplayField, ReplayDifference>();
  let identicalEpisodes = 0;
  let done = 0;
  const played = await Promise.all(
    episodes.map(async (episode) => {
      const compared = await onSimulator(
        pool,
        (simulator) => compareEpisode(simulator, episode),
        signal === undefined ? {} : { signal },
      );
      done += 1;
      onEpisode?.(done);
      return compared;
    }),
  );
  for (const comparisons of played) {
    let isIdentical = true;
    for (const compared of comparisons) {
      const { field, expected, received } = compared;
      const count = counts.get(field);
      if (count === undefined) continue;
      count.total += 1;
      if (expected === received) count.matches += 1;
      else {
        isIdentical = false;
        if (!differences.has(field)) differences.set(field, compared);
      }
    }
    if (isIdentical) identicalEpisodes += 1;
  }
  const countsOf = (field: ReplayField) => counts.get(field) ?? { matches: 0, total: 0 };
  return {
    episodes: episodes.length,
    identicalEpisodes,
    fields: {
      openings: countsOf("openings"),
      observations: countsOf("observations"),
      scores: countsOf("scores"),
    },
    differences: [...differences.values()],
  };
}

/** Recorded scores are whole numbers from -100 to 100, halves rounded up. */
function percentOf(score: number | undefined): string {
  return score === undefined ? "" : String(Math.round(100 * score));
}

/** Every comparison of an episode, equal or not. */
async function compareEpisode(simulator: Simulator, recorded: RecordedEpisode): Promise<ReplayDifference[]> {
  const { task, variation, simplifications, steps, line } = recorded;
  const episode = `${task} ${variation} (line ${line})`;
  const { description, look } = await simulator.load({ task, variation, simplifications });
  const opening = {
    field: "openings",
    episode,
    step: 0,
    action: "",
    // Some ways to look end in a newline, others do not.
    expected: `${recorded.desc}\n${recorded.init.trimEnd()}`,
    received: `${description}\n${look.trimEnd()}`,
  } as const;
  const answers = await answersOf(
    simulator,
    steps.map(([action]) => action),
  );
  return [
    opening,
    ...steps.flatMap(([action, observation, score], index) => {
      const at = { episode, step: index + 1, action };
      const answer = answers[index];
      return [
        { ...at, field: "observations", expected: observation, received: answer?.observation ?? "" },
        { ...at, field: "scores", expected: String(score), received: percentOf(answer?.score) },
      ] as const;
    }),
  ];
}

/** As in an episode, what is no action is not sent, and nothing moves. */
async function answersOf(simulator: Simulator, actions: readonly string[]): Promise<SimulatorStep[]> {
  const taken = await simulator.steps(actions.filter(isAction));
  let score = 0;
  return actions.flatMap((action) => {
    const answer = isAction(action) ? taken.shift() : { observation: noAction, score, completed: false };
    score = answer?.score ?? score;
    return answer ?? [];
  });
}
