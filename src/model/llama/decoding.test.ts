import { afterAll, describe, expect, test } from "vitest";
import { createRandom, type Random } from "../../random.ts";
import {
  ContextOverflowError,
  createDecodingSession,
  type DecodingSession,
  initialParameters,
} from "./llama.ts";
import reference from "./llama-reference.json" with { type: "json" };
import { referenceBatch, referenceParameters } from "./reference-cases.ts";
import type { LlamaConfiguration } from "./types.ts";

const configuration: LlamaConfiguration = {
  vocabularySize: 101,
  hiddenSize: 64,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 16,
  intermediateSize: 96,
  maximumPositions: 700,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};

for (const recorded of reference.cases) {
  test(`${recorded.name}: logits are those of transformers ${reference.transformers}`, async () => {
    const { vocabularySize } = recorded.configuration;
    const batch = referenceBatch(vocabularySize, recorded.segments, recorded.positions);
    await using session = await createDecodingSession(
      recorded.configuration,
      referenceParameters(recorded.configuration),
      { maximumSequences: 2, threads: 1 },
    );
    let largest = 0;
    let slot = -1;
    for (const [place, token] of batch.inputIds.entries()) {
      // A packed segment is a sequence of its own.
      if (batch.positions[place] === 0) session.reset(++slot % 2);
      const logits = await session.append([{ slot: slot % 2, tokens: [token] }]);
      for (const [id, logit] of logits.entries()) {
        const expected = recorded.logits[place * vocabularySize + id] ?? Number.NaN;
        largest = Math.max(largest, Math.abs(logit - expected));
      }
    }
    expect(slot).toBe(recorded.name.includes("packed") ? 2 : 1);
    expect(largest).toBeLessThan(1e-4);
  });
}

describe("the logits after a sequence are the same, bit for bit,", () => {
  for (const shape of [
    configuration,
    { ...configuration, keyValueHeads: 4 },
    { ...configuration, heads: 6, headSize: 10 },
  ]) {
    for (const threads of [1, 2]) {
      const name = `with ${shape.heads} heads on ${shape.keyValueHeads} of size ${shape.headSize} and ${threads} threads`;
      test(`however it is split and whatever stands beside it, ${name}`, async () => {
        const parameters = initialParameters(shape, 5);
        await using session = await createDecodingSession(shape, parameters, {
          maximumSequences: 12,
          threads,
        });
        const random = createRandom(17);
        const sequences = [1, 2, 17, 64, 65, 130, 517].map((length) => tokens(random, length));
        const alone: Float32Array[] = [];
        for (const sequence of sequences) {
          session.reset(0);
          alone.push(await session.append([{ slot: 0, tokens: sequence }]));
        }
        session.reset(0);
        for (let round = 0; round < 2; round++) {
          const slots = random.sample([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], sequences.length);
          const together = await appendInRandomPieces(session, random, sequences, slots);
          expect(together.map((logits, index) => differences(logits, alone[index]))).toEqual(
            sequences.map(() => 0),
          );
          for (const slot of slots) if (random.chance(0.5)) session.reset(slot);
        }
      });
    }
  }

  test("and so are those of the tokens before, where they are asked for", async () => {
    await using session = await createDecodingSession(configuration, initialParameters(configuration, 1), {
      maximumSequences: 4,
    });
    const random = createRandom(8);
    const sequences = [6, 70, 300, 5].map((length) => tokens(random, length));
    const asked = [3, 1, 300, 5];
    const oneByOne: Float32Array[] = [];
    for (const [slot, sequence] of sequences.entries()) {
      for (const [place, token] of sequence.entries()) {
        const logits = await session.append([{ slot, tokens: [token] }]);
        if (place >= sequence.length - (asked[slot] ?? 0)) oneByOne.push(logits);
      }
      session.reset(slot);
    }
    const together = await session.append(
      sequences.map((sequence, slot) => ({ slot, tokens: sequence, logits: asked[slot] ?? 0 })),
    );
    const { vocabularySize } = configuration;
    expect(together.length).toBe(oneByOne.length * vocabularySize);
    expect(
      oneByOne.map((logits, row) =>
        differences(together.slice(row * vocabularySize, (row + 1) * vocabularySize), logits),
      ),
    ).toEqual(oneByOne.map(() => 0));
  });

  test("and after forgetting its end and computing it again", async () => {
    await using session = await createDecodingSession(configuration, initialParameters(configuration, 1), {
      maximumSequences: 2,
    });
    const sequence = tokens(createRandom(3), 200);
    const first = await session.append([{ slot: 1, tokens: sequence }]);
    session.truncate(1, 70);
    expect(session.length(1)).toBe(70);
    expect(differences(await session.append([{ slot: 1, tokens: sequence.slice(70) }]), first)).toBe(0);
  });

  test("and after copying its beginning from another slot", async () => {
    await using session = await createDecodingSession(configuration, initialParameters(configuration, 1), {
      maximumSequences: 3,
    });
    const sequence = tokens(createRandom(4), 150);
    const first = await session.append([{ slot: 0, tokens: sequence }]);
    session.copyPrefix(0, 2, 100);
    await session.append([{ slot: 0, tokens: [1, 2, 3] }]);
    expect(differences(await session.append([{ slot: 2, tokens: sequence.slice(100) }]), first)).toBe(0);
    expect([0, 1, 2].map((slot) => session.length(slot))).toEqual([153, 0, 150]);
  });
});

describe("a session refuses", () => {
  const opened = createDecodingSession(configuration, initialParameters(configuration, 1), {
    maximumSequences: 2,
  });
  afterAll(async () => (await opened)[Symbol.asyncDispose]());

  test("a sequence longer than the model's positions, and appends nothing", async () => {
    const session = await opened;
    await session.append([{ slot: 0, tokens: tokens(createRandom(1), 699) }]);
    const rows = [
      { slot: 1, tokens: [1] },
      { slot: 0, tokens: [1, 2] },
    ];
    await expect(session.append(rows)).rejects.toThrow(ContextOverflowError);
    expect([session.length(0), session.length(1)]).toEqual([699, 0]);
    await session.append([{ slot: 0, tokens: [1] }]);
  });

  test.each([
    ["an unknown slot", [{ slot: 2, tokens: [1] }]],
    [
      "a slot named twice",
      [
        { slot: 1, tokens: [1] },
        { slot: 1, tokens: [1] },
      ],
    ],
    ["a row without tokens", [{ slot: 1, tokens: [] }]],
    ["to give more logits than a row has tokens", [{ slot: 1, tokens: [1, 2], logits: 3 }]],
    ["a token that is not in the vocabulary", [{ slot: 1, tokens: [101] }]],
  ])("%s", async (_, rows) => {
    await expect((await opened).append(rows)).rejects.toThrow(RangeError);
  });
});

async function appendInRandomPieces(
  session: DecodingSession,
  random: Random,
  sequences: readonly (readonly number[])[],
  slots: readonly number[],
): Promise<Float32Array[]> {
  const { vocabularySize } = session.configuration;
  const results: Float32Array[] = [];
  const done = sequences.map(() => 0);
  for (const slot of slots) session.reset(slot);
  while (done.some((count, index) => count < (sequences[index]?.length ?? 0))) {
    const rows = random.shuffle([...sequences.entries()]).flatMap(([index, sequence]) => {
      const from = done[index] ?? 0;
      const left = sequence.length - from;
      if (left === 0 || random.chance(0.3)) return [];
      const size = Math.min(left, 1 + random.integer(random.pick([1, 1, 4, left])));
      done[index] = from + size;
      return [{ index, slot: slots[index] ?? -1, tokens: sequence.slice(from, from + size) }];
    });
    if (rows.length === 0) continue;
    const logits = await session.append(rows);
    rows.forEach(({ index }, row) => {
      results[index] = logits.slice(row * vocabularySize, (row + 1) * vocabularySize);
    });
  }
  return results;
}

function tokens(random: Random, length: number): number[] {
  return Array.from({ length }, () => random.integer(configuration.vocabularySize));
}

function differences(actual: Float32Array | undefined, expected: Float32Array | undefined): number {
  if (actual === undefined || expected === undefined || actual.length !== expected.length) return Number.NaN;
  return actual.reduce((count, value, index) => count + (Object.is(value, expected[index]) ? 0 : 1), 0);
}
