import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupByTokens, packSequences } from "./packing.ts";
import type { TargetSequence } from "./sequences.ts";

/** Sequences whose tokens are all different, so that each token tells where it belongs. */
const sequences: fc.Arbitrary<TargetSequence[]> = fc
  .array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 })
  .map((lengths) => {
    let next = 1;
    return lengths.map((length) => {
      const inputIds = Array.from({ length }, () => next++);
      return { inputIds, targets: inputIds.map((id) => id + 1), weights: inputIds.map((id) => (id % 3) / 2) };
    });
  });

describe("packing sequences", () => {
  it("keeps every sequence whole, in a segment of its own, at positions from 0", () => {
    fc.assert(
      fc.property(sequences, (all) => {
        const found: TargetSequence[] = [];
        for (const batch of packSequences(all, {
          maximumLength: 40,
          lengthMultiple: 16,
          maximumTokens: 64,
        })) {
          for (let row = 0; row < batch.rows; row++) {
            const places = Array.from({ length: batch.length }, (_, i) => row * batch.length + i);
            for (const [segment, members] of Map.groupBy(places, (place) => batch.segments?.[place])) {
              if (segment === -1) {
                expect(members.every((place) => batch.targetWeights[place] === 0)).toBe(true);
                continue;
              }
              expect(members.map((place) => batch.positions?.[place])).toEqual([...members.keys()]);
              found.push({
                inputIds: members.map((place) => batch.inputIds[place] ?? 0),
                targets: members.map((place) => batch.targets[place] ?? 0),
                weights: members.map((place) => batch.targetWeights[place] ?? 0),
              });
            }
          }
        }
        const byFirstToken = (a: TargetSequence, b: TargetSequence) =>
          (a.inputIds[0] ?? 0) - (b.inputIds[0] ?? 0);
        expect(found.sort(byFirstToken)).toEqual(all);
      }),
    );
  });

  it("makes few row lengths and bounded batches", () => {
    fc.assert(
      fc.property(sequences, (all) => {
        for (const { rows, length } of packSequences(all, {
          maximumLength: 40,
          lengthMultiple: 16,
          maximumTokens: 64,
        })) {
          expect([16, 32, 40]).toContain(length);
          expect(rows === 1 || rows * length <= 64).toBe(true);
        }
      }),
    );
  });

  it("groups sequences in their order, up to the wanted number of tokens", () => {
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 100 }), (all, batchTokens) => {
        const groups = groupByTokens(all, batchTokens);
        expect(groups.flat()).toEqual(all);
        for (const group of groups) {
          const tokens = group.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
          expect(group.length === 1 || tokens <= batchTokens).toBe(true);
        }
      }),
    );
  });
});
