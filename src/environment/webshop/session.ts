import type { Goal } from "./goal.ts";

/** One episode's constants. */
export interface Session {
  /** Stands in every URL. */
  readonly id: string;
  readonly goal: Goal;
  /** Prices of products that a recorded episode fixes; others are the shop's. */
  readonly prices?: Readonly<Record<string, number>>;
}

export type SubPage = "Description" | "Features" | "Reviews" | "Attributes";

/**
 * The state of an episode: a small frozen record. Every action makes a new one, so a state can be kept, forked and
 * taken up again at no cost, and what happens after it never changes it.
 */
export interface SessionState {
  readonly session: Session;
  readonly page: "index" | "search_results" | "item_page" | "item_sub_page" | "done";
  /** Set on `item_sub_page`. */
  readonly subPage: SubPage | undefined;
  /** What was searched for, lower case, words separated by single spaces; undefined before the first search. */
  readonly query: string | undefined;
  /** Page of the results, from 1. */
  readonly pageNumber: number;
  /** The product whose page, or last whose page, is shown. */
  readonly asin: string | undefined;
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
  return Object.freeze({
    session,
    page: "index",
    subPage: undefined,
    query: undefined,
    pageNumber: 1,
    asin: undefined,
    seenAsins: [],
    options: [],
    searches: 0,
    reward: 0,
  });
}
