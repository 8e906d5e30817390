import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrainingBatch } from "../model/llama/llama.ts";
import { groupByTokens, packSequences } from "./packing.ts";
import type { TargetSequence } from "./sequences.ts";

/** Sequences whose tokens are all different, so that each token tells where it belongs. */
const sequences: fc.Arbitrary<TargetSequence[]> = fc
  .array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 })
  .map((lengths) => {
    let next = 1;
    return lengths.map((length) => {
      const inputIds = Array.from({ length }, () => next++);
      const weights = inputIds.map((id) => (id % 3) / 2);
      return { inputIds, targets: inputIds.map((id) => (id % 3 === 0 ? 0 : id + 1)), weights };
    });
  });

describe("packing sequences", () => {
  it("keeps every sequence whole, seen by itself alone, at positions from 0", () => {
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
            for (const [end, members] of Map.groupBy(places, (place) => batch.seenUntil?.[place])) {
              expect(end).toBe((members.at(-1) ?? 0) - row * batch.length + 1);
              if (members.every((place) => batch.inputIds[place] === 0)) {
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

  it("shares what sequences begin with where that saves rows, and otherwise lays them out as ever", () => {
    const options = { maximumLength: 256, lengthMultiple: 128 };
    const sharing = { ...options, maximumShared: 256 };
    const branches = (shared: number, own: number) =>
      [1000, 2000].map((first) => {
        const inputIds = Array.from({ length: shared + own }, (_, i) => (i < shared ? i : first + i));
        return { inputIds, targets: inputIds.map((id) => id + 1), weights: inputIds.map((_, i) => i % 2) };
      });
    const sizes = (batches: readonly TrainingBatch[]) => batches.map(({ rows, length }) => [rows, length]);
    expect(sizes(packSequences(branches(80, 20), options))).toEqual([[2, 128]]);
    expect(sizes(packSequences(branches(80, 20), sharing))).toEqual([[1, 128]]);
    for (const apart of [branches(40, 20), branches(0, 100), branches(3, 120)]) {
      expect(packSequences(apart, sharing)).toEqual(packSequences(apart, options));
    }
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
