import { z } from "zod";
import { EefError } from "../../errors.ts";
import { goalRecordSchema } from "./goal.ts";
import { availableActions, renderText, renderTextRich } from "./observation.ts";
import { initialState, type SessionState } from "./session.ts";
import type { Shop } from "./shop.ts";
import { stepSession } from "./step.ts";
import { urlOf } from "./urls.ts";

const pageSchema = {
  text: z.string(),
  text_rich: z.string(),
  url: z.string(),
  available: z.object({ has_search_bar: z.boolean(), clickables: z.array(z.string()) }),
};

/** An episode as it was recorded with the original. */
export const recordedEpisodeSchema = z.object({
  name: z.string().default("recorded"),
  session: z.union([z.number(), z.string()]),
  goal: goalRecordSchema,
  initial: z.object(pageSchema),
  steps: z.array(
    z.object({
      ...pageSchema,
      action: z.string(),
      reward: z.number(),
      done: z.boolean(),
      options: z.record(z.string(), z.string()).optional(),
      purchased_asin: z.string().optional(),
      purchased_price: z.number().optional(),
      reward_independent_of_pos_tagger: z.boolean().optional(),
    }),
  ),
});
export type RecordedEpisode = z.output<typeof recordedEpisodeSchema>;

/** What is compared. A reward counts as dependent on the tagger where the recording says so. */
export const replayFields = [
  "text",
  "text_rich",
  "available",
  "url",
  "done",
  "options",
  "reward",
  "rewardDependentOnTagger",
] as const;
export type ReplayField = (typeof replayFields)[number];

export interface Difference {
  readonly episode: string;
  /** 0 is the initial page, 1 what follows the first action. */
  readonly step: number;
  readonly action: string | undefined;
  readonly expected: unknown;
  readonly received: unknown;
}

export interface FieldReport {
  readonly matches: number;
  readonly total: number;
  readonly firstDifference: Difference | undefined;
}

export interface ReplayReport {
  readonly episodes: number;
  readonly steps: number;
  readonly fields: Readonly<Record<ReplayField, FieldReport>>;
  /** True if nothing differs but rewards that depend on the tagger. */
  readonly faithful: boolean;
}

/**
 * Checks that a value, such as a parsed file, is a list of recorded episodes.
 *
 * @throws EefError that names the first wrong field
 */
export function parseRecordedEpisodes(value: unknown, file: string): readonly RecordedEpisode[] {
  const result = z.array(recordedEpisodeSchema).safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new EefError(`${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unexpected value"}`, {
    hint: "Expected a JSON list of episodes with goal, initial and steps, as recorded with the original WebShop.",
  });
}

/** Plays the recorded actions with the recorded goals and prices, and compares everything that was recorded. */
export function replayEpisodes(shop: Shop, episodes: readonly RecordedEpisode[]): ReplayReport {
  const tally = createTally();
  for (const [index, episode] of episodes.entries()) replayEpisode(shop, episode, index, tally);
  const fields = tally.report();
  return {
    episodes: episodes.length,
    steps: episodes.reduce((steps, episode) => steps + episode.steps.length, 0),
    fields,
    faithful: replayFields.every(
      (field) => field === "rewardDependentOnTagger" || fields[field].matches === fields[field].total,
    ),
  };
}

function replayEpisode(shop: Shop, episode: RecordedEpisode, index: number, tally: Tally): void {
  const prices: Record<string, number> = {};
  for (const { purchased_asin: asin, purchased_price: price } of episode.steps) {
    if (asin !== undefined && price !== undefined) prices[asin] = price;
  }
  let state = initialState({ id: String(episode.session), goal: episode.goal, prices });
  const name = `${index} (${episode.name}, session ${episode.session})`;
  comparePages(shop, state, episode.initial, tally.at(name, 0, undefined));
  for (const [stepIndex, recorded] of episode.steps.entries()) {
    const step = stepSession(shop, state, recorded.action);
    state = step.state;
    const compare = tally.at(name, stepIndex + 1, recorded.action);
    comparePages(shop, state, recorded, compare);
    compare("done", recorded.done, step.done);
    if (recorded.options !== undefined)
      compare("options", recorded.options, Object.fromEntries(state.options));
    const independent = recorded.reward_independent_of_pos_tagger ?? true;
    compare(independent ? "reward" : "rewardDependentOnTagger", recorded.reward, step.reward);
  }
}

function comparePages(
  shop: Shop,
  state: SessionState,
  recorded: RecordedEpisode["initial"],
  compare: ReturnType<Tally["at"]>,
): void {
  const { hasSearchBar, clickables } = availableActions(shop, state);
  compare("text", recorded.text, renderText(shop, state));
  compare("text_rich", recorded.text_rich, renderTextRich(shop, state));
  compare("available", recorded.available, { has_search_bar: hasSearchBar, clickables });
  compare("url", recorded.url, urlOf(state));
}

interface Tally {
  at(
    episode: string,
    step: number,
    action: string | undefined,
  ): (field: ReplayField, expected: unknown, received: unknown) => void;
  report(): Record<ReplayField, FieldReport>;
}

function createTally(): Tally {
  const counts = new Map<ReplayField, FieldReport>();
  const reportOf = (field: ReplayField): FieldReport =>
    counts.get(field) ?? { matches: 0, total: 0, firstDifference: undefined };
  return {
    at: (episode, step, action) => (field, expected, received) => {
      const { matches, total, firstDifference } = reportOf(field);
      const same = JSON.stringify(expected) === JSON.stringify(received);
      counts.set(field, {
        matches: matches + (same ? 1 : 0),
        total: total + 1,
        firstDifference:
          firstDifference ?? (same ? undefined : { episode, step, action, expected, received }),
      });
    },
    report: () => ({
      text: reportOf("text"),
      text_rich: reportOf("text_rich"),
      available: reportOf("available"),
      url: reportOf("url"),
      done: reportOf("done"),
      options: reportOf("options"),
      reward: reportOf("reward"),
      rewardDependentOnTagger: reportOf("rewardDependentOnTagger"),
    }),
  };
}
