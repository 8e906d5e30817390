/** How many tokens before a place are compared at most. */
const longestContext = 4;

/** How many tokens a message's first guess has. */
export const firstGuesses = 4;

/**
 * How many tokens are worth guessing next, when `right` of `guessed` were: twice as many while all are right, as in what is
 * copied, and no more than were right otherwise. Each wrong one is computed in vain.
 */
export function nextGuesses(guessed: number, right: number): number {
  return right === guessed ? 2 * guessed : Math.max(1, right);
}

/**
 * Guesses how a text goes on: as it went on the last time when its end stood in it before. Of the earlier places, the
 * latest of those that share the most tokens with the end. Agents copy much of what they read, so this is often right
 * (Saxena 2023, "Prompt lookup decoding").
 * @param count How many tokens to guess. Where the earlier place is less far from the end, it is repeated.
 * @returns Empty if the last token was never there before.
 */
export function guessContinuation(tokens: readonly number[], count: number): number[] {
  const end = tokens.length;
  let place = 0;
  let best = 0;
  for (let candidate = end - 1; candidate > 0 && best < longestContext; candidate--) {
    const shared = sharedEnd(tokens, candidate);
    if (shared > best) {
      best = shared;
      place = candidate;
    }
  }
  if (best === 0) return [];
  return Array.from({ length: count }, (_, index) => tokens[place + (index % (end - place))] ?? 0);
}

/** How many tokens in front of `candidate` are those at the end, up to `longestContext`. */
function sharedEnd(tokens: readonly number[], candidate: number): number {
  let shared = 0;
  while (
    shared < longestContext &&
    shared < candidate &&
    tokens[candidate - 1 - shared] === tokens[tokens.length - 1 - shared]
  ) {
    shared++;
  }
  return shared;
}
