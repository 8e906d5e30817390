import type { DecodingSession } from "../llama/llama.ts";
import { commonPrefix } from "./common-prefix.ts";

/** A sequence of the decoding session: the tokens whose keys and values it holds, and who uses it. */
export interface Slot {
  readonly index: number;
  /** The tokens in the session's cache. */
  readonly tokens: number[];
  /** Tokens of the current prompt that are still to be appended; the tokens before them are in `tokens`. */
  pending: readonly number[];
  busy: boolean;
  /** The episode that used the slot last. */
  episode: string | undefined;
  /** Rises with each use; the smallest is the least recently used. */
  lastUse: number;
}

/** Copying a prefix is worth it if it saves computing at least this many tokens. */
const worthCopying = 16;

/**
 * Places prompts in slots so that as little as possible is computed again: an episode returns to its slot of the turn
 * before, and a prompt whose beginning stands in any other slot (a simulation of the same expert trajectory) starts
 * from a copy.
 */
export class SlotTable {
  readonly slots: readonly Slot[];
  readonly #session: DecodingSession;
  #uses = 0;

  constructor(session: DecodingSession) {
    this.#session = session;
    this.slots = Array.from({ length: session.maximumSequences }, (_, index) => ({
      index,
      tokens: [],
      pending: [],
      busy: false,
      episode: undefined,
      lastUse: 0,
    }));
  }

  /**
   * Gives the prompt a free slot that already holds as much of it as can be had, with the rest pending.
   * @returns undefined if no slot is free, or if it pays to wait until another slot has computed a shared beginning.
   */
  place(prompt: readonly number[], episode: string | undefined): Slot | undefined {
    const target = this.#target(episode);
    if (target === undefined) return undefined;
    // The last token is always computed, because its logits are needed.
    const limit = prompt.length - 1;
    const kept = Math.min(limit, commonPrefix(prompt, target.tokens));
    let source = target;
    let shared = kept;
    let promised = kept;
    for (const slot of this.slots) {
      const cached = Math.min(limit, commonPrefix(prompt, slot.tokens));
      if (cached > shared) {
        source = slot;
        shared = cached;
      }
      if (slot.busy && cached === slot.tokens.length && slot.pending.length > 0) {
        promised = Math.max(promised, Math.min(limit, cached + commonPrefix(prompt, slot.pending, cached)));
      }
    }
    if (promised - shared >= worthCopying) return undefined;

    if (source !== target && shared - kept >= worthCopying) {
      this.#session.copyPrefix(source.index, target.index, shared);
      target.tokens.length = 0;
      for (let index = 0; index < shared; index++) target.tokens.push(source.tokens[index] ?? 0);
    } else {
      this.#session.truncate(target.index, kept);
      target.tokens.length = kept;
    }
    target.pending = prompt.slice(target.tokens.length);
    target.busy = true;
    target.episode = episode;
    target.lastUse = ++this.#uses;
    return target;
  }

  release(slot: Slot): void {
    slot.busy = false;
    slot.pending = [];
    slot.lastUse = ++this.#uses;
  }

  /** Empties every slot, after a failure that may have left the session's cache half written. */
  resetAll(): void {
    for (const slot of this.slots) {
      this.#session.reset(slot.index);
      slot.tokens.length = 0;
      this.release(slot);
    }
  }

  /** The free slot to use: that of the episode, or the least recently used. */
  #target(episode: string | undefined): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of this.slots) {
      if (slot.busy) continue;
      if (episode !== undefined && slot.episode === episode) return slot;
      if (best === undefined || slot.lastUse < best.lastUse) best = slot;
    }
    return best;
  }
}
