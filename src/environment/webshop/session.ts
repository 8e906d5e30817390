import { z } from "zod";
import { WebShopError } from "./errors.ts";
import type { Goal } from "./goal.ts";

/** One episode's constants. */
export interface Session {
  /** Stands in every URL. */
  readonly id: string;
  readonly goal: Goal;
  /** Prices that a recorded episode fixes, by ASIN; all others are the shop's. */
  readonly prices?: Readonly<Record<string, number>> | undefined;
}

const pages = ["index", "search_results", "item_page", "item_sub_page", "done"] as const;
const subPages = ["Description", "Features", "Reviews", "Attributes"] as const;

export type PageName = (typeof pages)[number];
export type SubPage = (typeof subPages)[number];

/**
 * The state of an episode: a small frozen record. Every action makes a new one, so a state can be kept, forked and
 * taken up again at no cost, and what happens after it never changes it.
 */
export interface SessionState {
  readonly session: Session;
  readonly page: PageName;
  /** Set on `item_sub_page`. */
  readonly subPage?: SubPage | undefined;
  /** What was searched for, lower case; absent before the first search. */
  readonly query?: string | undefined;
  /** Page of the results, from 1. */
  readonly pageNumber: number;
  /** The product whose page is shown, or that was bought. */
  readonly asin?: string | undefined;
  /** Products opened since the start page. */
  readonly seenAsins: readonly string[];
  /** Chosen options by group, in the order in which the groups were first chosen. */
  readonly options: readonly (readonly [group: string, value: string])[];
  /** Searches run so far; numbers the draws of the random search `<r>`. */
  readonly searches: number;
  /** The reward, on the page `done`. */
  readonly reward: number;
}

export function initialState(session: Session): SessionState {
  return freeze({
    session,
    page: "index",
    pageNumber: 1,
    seenAsins: [],
    options: [],
    searches: 0,
    reward: 0,
  });
}

/** States that this process made need no checking when they come back as snapshots. */
const made = new WeakSet<object>();

/** Freezes a state all the way down to the session, which callers keep as they gave it. */
export function freeze(state: SessionState): SessionState {
  Object.freeze(state.seenAsins);
  Object.freeze(state.options);
  made.add(state);
  return Object.freeze(state);
}

const stateSchema: z.ZodType<SessionState> = z.object({
  session: z.object({
    id: z.string(),
    goal: z.object({
      asin: z.string(),
      category: z.string(),
      query: z.string(),
      title: z.string(),
      productCategory: z.string(),
      instruction: z.string(),
      attributes: z.array(z.string()).min(1),
      options: z.array(z.object({ name: z.string().optional(), value: z.string() })),
      priceUpper: z.number(),
      weight: z.number(),
    }),
    prices: z.record(z.string(), z.number()).optional(),
  }),
  page: z.enum(pages),
  subPage: z.enum(subPages).optional(),
  query: z.string().optional(),
  pageNumber: z.int(),
  asin: z.string().optional(),
  seenAsins: z.array(z.string()),
  options: z.array(z.tuple([z.string(), z.string()])),
  searches: z.int(),
  reward: z.number(),
});

/**
 * A snapshot of an episode as a state; it may have been through JSON.
 *
 * @throws WebShopError if it is none
 */
export function parseState(snapshot: unknown): SessionState {
  if (isMade(snapshot)) return snapshot;
  const result = stateSchema.safeParse(snapshot);
  if (result.success) return freeze(result.data);
  const [issue] = result.error.issues;
  throw new WebShopError(
    `not a snapshot of a WebShop episode: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unexpected value"}`,
    { hint: "Give what `episode.snapshot()` returned." },
  );
}

function isMade(snapshot: unknown): snapshot is SessionState {
  return typeof snapshot === "object" && snapshot !== null && made.has(snapshot);
}
