import { ContextOverflowError } from "./errors.ts";
import type { AppendRow, LlamaConfiguration } from "./types.ts";

/** What a decoding session takes: checked before anything is changed. */
export interface SlotChecks {
  slot(slot: number): void;
  length(slot: number, length: number): void;
  rows(rows: readonly AppendRow[]): void;
}

/** @param lengthOf Tokens in a slot now. */
export function slotChecks(
  { vocabularySize, maximumPositions }: LlamaConfiguration,
  maximumSequences: number,
  lengthOf: (slot: number) => number,
): SlotChecks {
  const checkSlot = (slot: number) => {
    if (!Number.isInteger(slot) || slot < 0 || slot >= maximumSequences) {
      throw new RangeError(`slot ${slot} is not one of 0 to ${maximumSequences - 1}`);
    }
  };
  return {
    slot: checkSlot,
    length(slot, length) {
      checkSlot(slot);
      const held = lengthOf(slot);
      if (!Number.isInteger(length) || length < 0 || length > held) {
        throw new RangeError(`length ${length} is not between 0 and the ${held} tokens of slot ${slot}`);
      }
    },
    rows(rows) {
      const seen = new Set<number>();
      for (const { slot, tokens, logits = 1 } of rows) {
        checkSlot(slot);
        if (seen.has(slot)) throw new RangeError(`slot ${slot} appears twice in one call`);
        seen.add(slot);
        if (tokens.length === 0) throw new RangeError(`no tokens to append to slot ${slot}`);
        if (!Number.isInteger(logits) || logits < 1 || logits > tokens.length) {
          throw new RangeError(`logits of ${logits} of ${tokens.length} tokens were asked for`);
        }
        for (const token of tokens) {
          if (!Number.isInteger(token) || token < 0 || token >= vocabularySize) {
            throw new RangeError(`token ${token} is not one of 0 to ${vocabularySize - 1}`);
          }
        }
        const length = lengthOf(slot) + tokens.length;
        if (length > maximumPositions) throw new ContextOverflowError(slot, length, maximumPositions);
      }
    },
  };
}
