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
    const { before, now } = keysOf(seed, messages);
    const known = this.#tokens.get(before) ?? 0;
    this.#tokens.delete(before);
    if (this.#tokens.size >= capacity) {
      const [oldest] = this.#tokens.keys();
      if (oldest !== undefined) this.#tokens.delete(oldest);
    }
    this.#tokens.set(now, promptTokens + generatedTokens);
    return Math.max(0, promptTokens - known);
  }
}

/** Stand for the transcript, and for that of the turn before, which had neither its reply nor the latest observation. */
function keysOf(seed: number, messages: readonly Message[]): { before: string; now: string } {
  const hash = createHash("sha256").update(String(seed));
  for (const message of messages.slice(0, -2)) hash.update(JSON.stringify(message));
  const before = hash.copy().digest("base64");
  for (const message of messages.slice(-2)) hash.update(JSON.stringify(message));
  return { before, now: hash.digest("base64") };
}
