import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  adaptableModules,
  createLoraSession,
  createTrainingSession,
  initialAdapter,
  initialParameters,
  type TrainingSession,
} from "../model/llama/llama.ts";
import { configuration, learning } from "../model/llama/training.test-helpers.ts";
import { createRandom } from "../random.ts";
import { packSequences } from "./packing.ts";
import { type PrefixTree, prefixTrees } from "./prefix-tree.ts";
import type { TargetSequence } from "./sequences.ts";

/** The tokens of a text without its last one, each to predict the next. */
function sequenceOf(text: readonly number[], weights: readonly number[]): TargetSequence {
  return { inputIds: text.slice(0, -1), targets: text.slice(1), weights: weights.slice(0, text.length - 1) };
}

/** Sequences of three different tokens, so that many begin alike; some are equal. */
const sequences: fc.Arbitrary<TargetSequence[]> = fc.array(
  fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 9 }),
      fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 8, maxLength: 8 }),
    )
    .map(([text, weights]) => sequenceOf(text, weights)),
  { minLength: 1, maxLength: 6 },
);

/** The tokens that a place of a tree sees, itself included. */
function contextOf({ inputIds, seenUntil }: PrefixTree, place: number): number[] {
  return inputIds.filter((_, key) => key <= place && place < (seenUntil[key] ?? 0));
}

/** What is to be predicted after which context, with its weight in all. */
function predictions(
  contexts: Iterable<{
    readonly context: readonly number[];
    readonly target: number;
    readonly weight: number;
  }>,
): Map<string, number> {
  const total = new Map<string, number>();
  for (const { context, target, weight } of contexts) {
    const key = `${context} -> ${target}`;
    if (weight > 0) total.set(key, (total.get(key) ?? 0) + weight);
  }
  return total;
}

const targetAt = ({ targets, weights }: TargetSequence, place: number) => ({
  target: targets[place] ?? -1,
  weight: weights[place] ?? 0,
});

describe("trees of sequences", () => {
  it("predict after each context what the sequences do, with the weights added up", () => {
    fc.assert(
      fc.property(sequences, fc.constantFrom(0, 10, 1000), (all, maximumPlaces) => {
        const trees = prefixTrees(all, maximumPlaces);
        const ofTrees = trees.flatMap((tree) =>
          tree.inputIds.map((_, place) => ({ context: contextOf(tree, place), ...targetAt(tree, place) })),
        );
        const ofSequences = all.flatMap((sequence) =>
          sequence.inputIds.map((_, place) => ({
            context: sequence.inputIds.slice(0, place + 1),
            ...targetAt(sequence, place),
          })),
        );
        expect(predictions(ofTrees)).toEqual(predictions(ofSequences));
        for (const tree of trees) {
          const depths = tree.inputIds.map((_, place) => contextOf(tree, place).length - 1);
          expect(tree.positions).toEqual(depths);
        }
      }),
    );
  });

  it("have each beginning once, with the token that goes on from it", () => {
    fc.assert(
      fc.property(sequences, (all) => {
        // With every place weighted, a beginning and what follows it are the first targets' context and target.
        const weighted = all.map((sequence) => ({ ...sequence, weights: sequence.weights.map(() => 1) }));
        const different = new Set(
          weighted.flatMap(({ inputIds, targets }) =>
            inputIds.map((_, place) => `${inputIds.slice(0, place + 1)} -> ${targets[place]}`),
          ),
        );
        const places = prefixTrees(weighted, 1000).reduce((sum, { inputIds }) => sum + inputIds.length, 0);
        expect(places).toBe(different.size);
      }),
    );
  });

  it("are made where they cost less, up to the largest allowed", () => {
    const branches = (shared: number, own: number) =>
      [10_000, 20_000].map((first) =>
        sequenceOf(
          Array.from({ length: shared + own }, (_, i) => (i < shared ? i : first + i)),
          new Array(shared + own).fill(1),
        ),
      );
    expect(prefixTrees(branches(500, 500), 2048)).toHaveLength(1);
    expect(prefixTrees(branches(500, 500), 1400)).toHaveLength(2);
    // Each branch would pay for the keys of the other, which it does not see.
    expect(prefixTrees(branches(40, 960), 2048)).toHaveLength(2);
  });
});

/** Three branches of a beginning, two of which go on together for a while. Context and actions take turns, as in a transcript. */
function transcripts(): TargetSequence[] {
  const random = createRandom(4);
  const tokens = (count: number) =>
    Array.from({ length: count }, () => random.integer(configuration.vocabularySize));
  const weights = (from: number) => Array.from({ length: 200 }, (_, i) => (i >= from && i % 8 > 4 ? 1 : 0));
  const [beginning, further] = [tokens(70), tokens(50)];
  return [
    sequenceOf([...beginning, ...further, ...tokens(30)], weights(50)),
    sequenceOf([...beginning, ...tokens(60)], weights(20)),
    sequenceOf([...beginning, ...further, ...tokens(17)], weights(120)),
  ];
}

/** The loss of the sequences and its gradient, which with this setting is the first moment of a first step. */
async function lossAndGradient(session: TrainingSession, maximumShared: number) {
  const batches = packSequences(transcripts(), { maximumLength: 256, lengthMultiple: 128, maximumShared });
  const { loss } = await session.step(batches, 0);
  const { firstMoments } = await session.optimizerState();
  const places = batches.reduce((sum, { rows, length }) => sum + rows * length, 0);
  return { places, loss, gradient: [...firstMoments.values()].flatMap(({ data }) => [...data]) };
}

describe("sharing changes neither loss nor gradient", () => {
  const options = { learning: { ...learning, beta1: 0, clipNorm: Infinity } };
  const initial = initialParameters(configuration, 7);
  const lora = { rank: 3, alpha: 6, dropout: 0, targetModules: adaptableModules };

  test.each<[string, (threads: number) => Promise<TrainingSession>]>([
    ["of a model", (threads) => createTrainingSession(configuration, initial, { ...options, threads })],
    [
      "of an adapter",
      (threads) =>
        createLoraSession(configuration, initial, initialAdapter(configuration, lora, 1), {
          ...options,
          threads,
        }),
    ],
  ])("%s", async (_, open) => {
    const compute = async (maximumShared: number, threads = 1) => {
      await using session = await open(threads);
      return await lossAndGradient(session, maximumShared);
    };
    const [apart, shared] = [await compute(0), await compute(256)];
    expect([apart.places, shared.places]).toEqual([768, 256]);
    expect(Math.abs(shared.loss - apart.loss)).toBeLessThan(1e-6);
    const largest = Math.max(...apart.gradient.map(Math.abs));
    const difference = Math.max(...shared.gradient.map((x, i) => Math.abs(x - (apart.gradient[i] ?? NaN))));
    expect(largest).toBeGreaterThan(0.01);
    expect(difference).toBeLessThan(1e-6);
    expect(await compute(256, 2)).toEqual(shared);
  });
});
