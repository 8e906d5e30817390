import type { EpisodeShape } from "./episode-shape.ts";
import { noWork, type Work } from "./work.ts";

export interface EpisodeTexts {
  readonly systemPrompt: string;
  readonly shape: EpisodeShape;
  readonly charactersPerToken: number;
}

/** One episode of so many steps, after `start` steps of an expert. */
export function episodeWork(
  { systemPrompt, shape, charactersPerToken }: EpisodeTexts,
  steps: number,
  start = 0,
): Work {
  const system = systemPrompt.length / charactersPerToken;
  const observation = shape.observationCharacters / charactersPerToken;
  const message = shape.messageCharacters / charactersPerToken;
  // The transcript at the student's first turn: system prompt, observations, and the expert's messages between them.
  const first = system + observation * (start + 1) + message * start;
  return {
    ...noWork,
    episodes: 1,
    environmentSteps: steps,
    replayedSteps: start,
    generatedTokens: steps * message,
    newTokens: first + (steps - 1) * observation,
    promptTokens: steps * first + ((steps * (steps - 1)) / 2) * (observation + message),
  };
}
