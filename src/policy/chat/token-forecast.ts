import type { ChatReply } from "./chat-model.ts";

/** A request's tokens as they are guessed from its text, and the most that the model may write. */
export interface TokenGuess {
  readonly prompt: number;
  readonly maximumGenerated: number;
}

/** The tokens of a request foretold from its guess, and from how far earlier guesses were wrong. */
export interface TokenForecast {
  /** What it will take at most, if it takes no more in proportion to its guess than any of the latest. */
  of(guess: TokenGuess): number;
  /** Whether anything was learned yet. */
  readonly isTested: boolean;
  learn(guess: TokenGuess, reply: ChatReply): void;
}

/** Answers that are remembered: enough to meet the worst case, few enough to follow another phase of a run. */
const remembered = 256;

export function createTokenForecast(): TokenForecast {
  /** For each of the latest answers: its prompt's tokens in units of the guess, and what was written beyond the most allowed. */
  const seen: { readonly ratio: number; readonly excess: number }[] = [];
  let worstRatio = 1;
  let worstExcess = 0;
  return {
    of: ({ prompt, maximumGenerated }) => Math.ceil(prompt * worstRatio) + maximumGenerated + worstExcess,
    get isTested() {
      return seen.length > 0;
    },
    learn: (guess, { promptTokens, generatedTokens = 0 }) => {
      seen.push({
        ratio: promptTokens === undefined ? 1 : promptTokens / guess.prompt,
        excess: Math.max(0, generatedTokens - guess.maximumGenerated),
      });
      if (seen.length > remembered) seen.shift();
      worstRatio = Math.max(...seen.map(({ ratio }) => ratio));
      worstExcess = Math.max(...seen.map(({ excess }) => excess));
    },
  };
}
