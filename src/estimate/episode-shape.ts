import type { Expert } from "../run/config.ts";
import type { Trajectory } from "../trajectory.ts";
import type { Assumptions } from "./assumptions.ts";

/** How long episodes and their texts are, in characters; recorded, or assumed. */
export interface EpisodeShape {
  /** Steps of whole episodes, one of which is drawn for each episode. */
  readonly lengths: readonly number[];
  readonly observationCharacters: number;
  readonly messageCharacters: number;
}

/** Measures the experts' recorded trajectories. Undefined if there are none. */
export function measuredShape(experts: readonly Expert[]): EpisodeShape | undefined {
  const trajectories: Trajectory[] = experts.flatMap((expert) =>
    "trajectories" in expert ? [...expert.trajectories] : [],
  );
  const steps = trajectories.flatMap((trajectory) => trajectory.steps);
  if (steps.length === 0) return undefined;
  const observations = [
    ...trajectories.map(({ initialObservation }) => initialObservation),
    ...steps.map(({ observation }) => observation),
  ];
  return {
    lengths: trajectories.map((trajectory) => Math.max(1, trajectory.steps.length)),
    observationCharacters: meanLength(observations),
    messageCharacters: meanLength(steps.map(({ message }) => message)),
  };
}

export function assumedShape(assumptions: Assumptions): EpisodeShape {
  const characters = assumptions["characters-per-token"].value;
  return {
    // Ten lengths around a mean that is no whole number.
    lengths: Array.from({ length: 10 }, (_, tenth) =>
      Math.max(1, Math.floor(assumptions["episode-steps"].value + tenth / 10)),
    ),
    observationCharacters: assumptions["observation-tokens"].value * characters,
    messageCharacters: assumptions["message-tokens"].value * characters,
  };
}

/** The assumptions that a shape replaces. */
export function knownFrom(
  { lengths, observationCharacters, messageCharacters }: EpisodeShape,
  charactersPerToken: number,
) {
  return {
    "episode-steps": lengths.reduce((sum, length) => sum + length, 0) / lengths.length,
    "observation-tokens": observationCharacters / charactersPerToken,
    "message-tokens": messageCharacters / charactersPerToken,
  };
}

function meanLength(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
}
