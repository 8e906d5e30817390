/** Compares a page as the ReAct client shows it with the same page as our shop does. */
import type { Step } from "../../src/index.ts";

/**
 * The texts of a page, in lower case: lines and buttons of the client's form (`[Buy Now]`, `color [red][blue]`), or
 * the segments of a `text` observation. Brackets separate in both, so that titles with brackets agree as well.
 */
export function pageTexts(page: string): readonly string[] {
  return page
    .split(/ \[SEP\] |[[\]\n]/)
    .map((text) => text.trim().toLowerCase())
    .filter((text) => text !== "");
}

/**
 * Whether all that a recorded page shows is on ours. The client leaves things out (all products but the first three,
 * for one), so ours may show more.
 */
export function showsAllOf(recorded: string, ours: string): boolean {
  const shown = new Set(pageTexts(ours));
  return pageTexts(recorded).every((text) => shown.has(text));
}

/** Rewards are recorded with seven digits. */
const rewardTolerance = 1e-6;

/** Whether an action was answered in the recording as it is in our shop. */
export function isAnsweredAlike(recorded: Step, ours: Step): boolean {
  if (!recorded.valid || !ours.valid) return recorded.valid === ours.valid;
  if (recorded.done || ours.done) {
    return recorded.done === ours.done && Math.abs(recorded.reward - ours.reward) < rewardTolerance;
  }
  // After the click on an option the client shows no page.
  const clicked = /^You have clicked (.+)\.$/s.exec(recorded.observation)?.[1];
  return showsAllOf(clicked ?? recorded.observation, ours.observation);
}
