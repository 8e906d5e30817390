import { createHash } from "node:crypto";
import type { Message } from "../../trajectory.ts";

/** Transcripts remembered at once: more than any sensible number of concurrent episodes. */
const capacity = 4096;

/**
 * Tells how many prompt tokens of a turn are new. A server counts the whole transcript again in every turn, while a rollout counts each
 * token once. So the tokens of each transcript, reply included, are remembered until the transcript comes back one turn longer;
 * a transcript not seen before is new as a whole.
 */
export class TokenAccount {
  readonly #tokens = new Map<string, number>();

  /** `messages` is the transcript sent, `promptTokens` and `generatedTokens` the server's counts for it. */
  newTokens(
    seed: number,
    messages: readonly Message[],
    promptTokens: number,
    generatedTokens: number,
  ): number {
    // The turn before had neither its reply nor the latest observation.
    const before = key(seed, messages.slice(0, -2));
    const known = this.#tokens.get(before) ?? 0;
    this.#tokens.delete(before);
    if (this.#tokens.size >= capacity) {
      const [oldest] = this.#tokens.keys();
      if (oldest !== undefined) this.#tokens.delete(oldest);
    }
    this.#tokens.set(key(seed, messages), promptTokens + generatedTokens);
    return Math.max(0, promptTokens - known);
  }
}

function key(seed: number, messages: readonly Message[]): string {
  return createHash("sha256")
    .update(JSON.stringify([seed, messages]))
    .digest("base64");
}
