import type { Message } from "../../trajectory.ts";

/** What the prompt styles say about one environment. */
export interface GuidedEnvironment {
  /** Begins an episode in ReAct's text. */
  readonly title: string;
  readonly instructions: string;
  /** Stands in front of every observation but the first. */
  readonly observationMark: string;
  /** One episode, from its first observation to its last action. */
  readonly workedExample: readonly Message[];
}

/** A worked example from what was observed and what was answered, in turns. */
export function episodeOf(...texts: readonly string[]): readonly Message[] {
  return texts.map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content }));
}
