import { describe, expect, it } from "vitest";
import { countingSession, prompt, request, tokenizer } from "./sampler.test-helpers.ts";
import { createSampler } from "./sampler.ts";

describe("guessed tokens change no message:", () => {
  it("the same is written in fewer runs of the model where the guesses are right", async () => {
    // A random model soon repeats itself. Some messages are cut off in the middle of right guesses.
    const requests = Array.from({ length: 8 }, (_, index) =>
      request({
        prompt: prompt(10 + index, index),
        seed: index,
        temperature: index % 2 === 0 ? 0 : 0.3,
        maximumNewTokens: 40 + index,
      }),
    );
    const [without, guessing] = await Promise.all(
      [0, 7].map(async (guessedTokens) => {
        const { session, counted } = await countingSession(4);
        const sampler = createSampler(session, tokenizer, { guessedTokens });
        const samples = await Promise.all(requests.map((each) => sampler.sample(each)));
        return { samples, calls: counted.calls };
      }),
    );
    expect(guessing?.samples).toEqual(without?.samples);
    expect(guessing?.calls).toBeLessThan(0.8 * (without?.calls ?? 0));
  });

  it("it goes to the same stop string, and stays within its restriction", async () => {
    const end = tokenizer.endTokens[0] ?? 0;
    /** Three tokens in turns as the model likes, and the end after 25. */
    const fewTokens = () => {
      let written = 0;
      return {
        constraint: () => ({ kind: "only", tokens: written < 25 ? [30, 31, 32] : [end] }) as const,
        accept: () => {
          written++;
        },
      };
    };
    const outcomes = async (guessedTokens: number) => {
      const { session, counted } = await countingSession(3);
      const sampler = createSampler(session, tokenizer, { guessedTokens });
      const samples = await Promise.all(
        Array.from({ length: 9 }, async (_, seed) => {
          const one = request({
            prompt: prompt(10 + seed, seed),
            seed,
            temperature: 0.3 * (seed % 3),
            maximumNewTokens: 40,
          });
          const { text } = await sampler.sample(one);
          const stopped = await sampler.sample({ ...one, stop: [text.slice(seed + 8, seed + 10)] });
          const watched: number[] = [];
          const restricted = await sampler.sample({
            ...one,
            restriction: fewTokens(),
            onToken: ({ token }) => watched.push(token),
          });
          return { stopped, restricted, watched };
        }),
      );
      return { samples, calls: counted.calls };
    };
    const [without, guessing] = [await outcomes(0), await outcomes(7)];
    expect(guessing.samples).toEqual(without.samples);
    expect(guessing.calls).toBeLessThan(without.calls);
    for (const { stopped, restricted, watched } of without.samples) {
      expect(stopped.ended).toBe(true);
      expect(restricted.tokens).toHaveLength(26);
      expect(watched).toEqual(restricted.tokens);
    }
  });

  it("given up while it is written, it stops at the same token", async () => {
    const lastTokens = 40;
    const outcomes = (guessedTokens: number) =>
      Promise.all(
        [1, 11, 21, 27, 34, lastTokens].map(async (abortedAt) => {
          const sampler = createSampler((await countingSession(1)).session, tokenizer, { guessedTokens });
          const controller = new AbortController();
          const watched: number[] = [];
          const sample = sampler.sample(
            request({
              temperature: 0,
              maximumNewTokens: lastTokens,
              signal: controller.signal,
              onToken: ({ token }) => {
                watched.push(token);
                if (watched.length === abortedAt) controller.abort(new Error("no longer needed"));
              },
            }),
          );
          return { end: await sample.then(({ text }) => text, String), watched };
        }),
      );
    const without = await outcomes(0);
    expect(without.map(({ watched }) => watched.length)).toEqual([1, 11, 21, 27, 34, lastTokens]);
    expect(await outcomes(7)).toEqual(without);
  });
});
