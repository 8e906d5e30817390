import { describe, expect, it } from "vitest";
import { countingSession, prompt, request, tokenizer } from "./sampler.test-helpers.ts";
import { createSampler, type WrittenToken } from "./sampler.ts";

describe("the sampler", () => {
  it("writes the same message alone, among others, in turn, and with too few slots", async () => {
    const shared = prompt(60, 1);
    const requests = Array.from({ length: 12 }, (_, index) =>
      request({
        // Some prompts are equal, some share a beginning, some nothing.
        prompt: index % 3 === 0 ? shared : [...shared.slice(0, 20 + index), ...prompt(3 + index, index)],
        seed: index,
        temperature: index % 4 === 0 ? 0 : 0.8,
        maximumNewTokens: 3 + index,
      }),
    );
    const alone = [];
    for (const each of requests) {
      const sampler = createSampler((await countingSession(1)).session, tokenizer);
      alone.push(await sampler.sample(each));
    }
    for (const [slots, prefillTokens] of [
      [1, 4096],
      [3, 4096],
      [3, 10],
      [16, 4096],
    ] as const) {
      const sampler = createSampler((await countingSession(slots)).session, tokenizer, { prefillTokens });
      expect(await Promise.all(requests.map((each) => sampler.sample(each)))).toEqual(alone);
      // Once more, now that the slots hold what was written before.
      expect(await Promise.all(requests.toReversed().map((each) => sampler.sample(each)))).toEqual(
        alone.toReversed(),
      );
    }
  });

  it("draws another message for another seed, and the same for any seed at temperature 0", async () => {
    const sampler = createSampler((await countingSession(4)).session, tokenizer);
    const texts = async (temperature: number) =>
      new Set(
        (await Promise.all([1, 2, 3].map((seed) => sampler.sample(request({ seed, temperature }))))).map(
          (s) => s.text,
        ),
      );
    expect((await texts(1)).size).toBe(3);
    expect((await texts(0)).size).toBe(1);
  });

  it("computes a shared beginning once", async () => {
    const { session, counted } = await countingSession(8);
    const sampler = createSampler(session, tokenizer);
    const shared = prompt(100, 1);
    await Promise.all(
      [0, 1, 2, 3].map((index) =>
        sampler.sample(request({ prompt: [...shared, 20 + index], maximumNewTokens: 1, seed: index })),
      ),
    );
    expect(counted.tokens).toBe(100 + 4);
  });

  it("computes only what an episode's turn adds", async () => {
    const { session, counted } = await countingSession(4);
    const sampler = createSampler(session, tokenizer);
    const first = request({ prompt: prompt(100, 1), maximumNewTokens: 5, episode: "a" });
    const { tokens } = await sampler.sample(first);
    // Other episodes come between and take the other slots.
    await sampler.sample(request({ prompt: prompt(100, 2), episode: "b", maximumNewTokens: 1 }));
    counted.tokens = 0;
    const observation = prompt(10, 3);
    await sampler.sample({
      ...first,
      prompt: [...first.prompt, ...tokens, ...observation],
      maximumNewTokens: 1,
    });
    // The last token of the message was drawn but not yet read.
    expect(counted.tokens).toBe(1 + observation.length);
  });

  it("reports the log-probability of the written tokens", async () => {
    const { session } = await countingSession(2);
    const sampler = createSampler(session, tokenizer);
    const sample = await sampler.sample(request({ temperature: 0.5, maximumNewTokens: 4 }));
    let expected = 0;
    const prefix = [...request().prompt];
    session.reset(0);
    let logits = await session.append([{ slot: 0, tokens: prefix }]);
    for (const token of sample.tokens) {
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      expected += Math.log(Math.exp(logits[token] ?? 0) / total);
      logits = await session.append([{ slot: 0, tokens: [token] }]);
    }
    expect(sample.logProbability).toBeCloseTo(expected, 6);
  });

  it("ends a message at <|end|>, which is not part of its text, and writes no other special token", async () => {
    const sampler = createSampler((await countingSession(16)).session, tokenizer);
    const samples = await Promise.all(
      Array.from({ length: 60 }, (_, seed) =>
        sampler.sample(request({ seed, temperature: 3, maximumNewTokens: 60 })),
      ),
    );
    const { end, ...others } = tokenizer.special;
    expect(samples.some(({ ended }) => ended)).toBe(true);
    for (const { tokens, text, ended } of samples) {
      expect(tokens.at(-1) === end).toBe(ended);
      expect(tokens.slice(0, -1)).not.toContain(end);
      expect(text).not.toContain("<|end|>");
      for (const other of Object.values(others)) expect(tokens).not.toContain(other);
    }
  });

  it("tells of each token as it is written, and writes what it writes unwatched", async () => {
    const sampler = createSampler((await countingSession(8)).session, tokenizer);
    for (let seed = 0; seed < 12; seed++) {
      const watched: WrittenToken[] = [];
      const one = request({ seed, temperature: 2, maximumNewTokens: 40 });
      const sample = await sampler.sample({
        ...one,
        likeliestTokens: 3,
        onToken: (written) => watched.push(written),
      });
      expect(sample).toEqual(await sampler.sample(one));
      expect(watched.map(({ token }) => token)).toEqual(sample.tokens);
      expect(watched.map(({ text }) => text).join("")).toBe(sample.text);
      expect(watched.reduce((sum, { logProbability }) => sum + logProbability, 0)).toBe(
        sample.logProbability,
      );
      for (const { token, logProbability, likeliest } of watched) {
        expect(likeliest).toHaveLength(3);
        expect(likeliest[0]?.logProbability).toBeGreaterThanOrEqual(logProbability);
        for (const other of likeliest)
          if (other.token === token) expect(other.logProbability).toBe(logProbability);
      }
    }
  });

  it("ends a message before a stop string, and computes no further", async () => {
    const { session, counted } = await countingSession(2);
    // Without guesses, whose wrong ones are computed too.
    const sampler = createSampler(session, tokenizer, { guessedTokens: 0 });
    const long = request({ maximumNewTokens: 60 });
    const whole = await sampler.sample(long);
    const stop = whole.text.slice(10, 13);
    const watched: WrittenToken[] = [];
    counted.tokens = 0;
    const stopped = await sampler.sample({ ...long, stop: [stop], onToken: (token) => watched.push(token) });
    expect(stopped.ended).toBe(true);
    expect(stopped.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(stopped.tokens).toEqual(whole.tokens.slice(0, stopped.tokens.length));
    expect(stopped.tokens.length).toBeLessThan(whole.tokens.length);
    expect(counted.tokens).toBeLessThanOrEqual(long.prompt.length + stopped.tokens.length - 1);
    expect(watched.map(({ text }) => text).join("")).toBe(stopped.text);
    // Without a listener it is the same, and a text that does not come changes nothing.
    expect(await sampler.sample({ ...long, stop: [stop] })).toEqual(stopped);
    expect(await sampler.sample({ ...long, stop: ["not written"] })).toEqual(whole);
  });

  it("drops an aborted request and goes on with the others", async () => {
    const sampler = createSampler((await countingSession(2)).session, tokenizer);
    const controller = new AbortController();
    const aborted = [1, 2, 3].map((seed) =>
      sampler.sample(request({ seed, maximumNewTokens: 200, signal: controller.signal })),
    );
    const kept = sampler.sample(request({ seed: 4 }));
    controller.abort(new Error("no longer needed"));
    for (const each of aborted) await expect(each).rejects.toThrow("no longer needed");
    expect(await kept).toEqual(await sampler.sample(request({ seed: 4 })));
  });

  it.each([
    ["fewer tokens than the model has embeddings", (id: number) => id < 300],
    ["ids without a token in between", (id: number) => id % 2 === 0 || id < 270],
  ])("writes only tokens, and names only tokens as likely, with %s", async (_, has) => {
    const { session } = await countingSession(2);
    const sampler = createSampler(session, {
      ...tokenizer,
      has,
      decode: (ids) => {
        if (!ids.every(has)) throw new RangeError("no such token");
        return tokenizer.decode(ids);
      },
    });
    const watched: WrittenToken[] = [];
    await sampler.sample(
      request({
        temperature: 5,
        maximumNewTokens: 60,
        likeliestTokens: 20,
        onToken: (written) => watched.push(written),
      }),
    );
    expect(watched.length).toBeGreaterThan(0);
    for (const { token, likeliest } of watched) {
      expect(has(token)).toBe(true);
      expect(likeliest).toHaveLength(20);
      expect(likeliest.filter((other) => !has(other.token))).toEqual([]);
    }
  });

  it("gives up a message whose listener throws, and no other", async () => {
    const sampler = createSampler((await countingSession(3)).session, tokenizer);
    const failing = sampler.sample(
      request({
        seed: 2,
        onToken: () => {
          throw new Error("nobody listens");
        },
      }),
    );
    const others = [1, 3, 4].map((seed) => sampler.sample(request({ seed })));
    await expect(failing).rejects.toThrow("nobody listens");
    const alone = createSampler((await countingSession(1)).session, tokenizer);
    for (const [index, seed] of [1, 3, 4].entries()) {
      expect(await others[index]).toEqual(await alone.sample(request({ seed })));
    }
    // The place of the message that was given up is free again, and what it holds is right.
    expect(await sampler.sample(request({ seed: 2 }))).toEqual(await alone.sample(request({ seed: 2 })));
  });

  it("passes a failure of the model on to every request, and works again afterwards", async () => {
    const { session } = await countingSession(2);
    let failing = true;
    const sampler = createSampler(
      {
        ...session,
        append: (rows) => (failing ? Promise.reject(new Error("out of memory")) : session.append(rows)),
      },
      tokenizer,
    );
    const samples = [1, 2, 3].map((seed) => sampler.sample(request({ seed })));
    for (const each of samples) await expect(each).rejects.toThrow("out of memory");
    failing = false;
    expect((await sampler.sample(request())).tokens.length).toBeGreaterThan(0);
  });

  it("computes more prompts at once than fit into the model's positions", async () => {
    const sampler = createSampler((await countingSession(8)).session, tokenizer);
    const samples = Array.from({ length: 8 }, (_, seed) =>
      sampler.sample(request({ prompt: prompt(200, seed), seed })),
    );
    expect((await Promise.all(samples)).map(({ tokens }) => tokens.length > 0)).not.toContain(false);
  });

  it("refuses what does not fit into the model's positions", async () => {
    const sampler = createSampler((await countingSession(1)).session, tokenizer);
    await expect(sampler.sample(request({ prompt: prompt(250, 1), maximumNewTokens: 7 }))).rejects.toThrow(
      RangeError,
    );
    await expect(sampler.sample(request({ prompt: [] }))).rejects.toThrow(RangeError);
    expect(
      (await sampler.sample(request({ prompt: prompt(250, 1), maximumNewTokens: 6 }))).tokens.length,
    ).toBe(6);
  });

  it("rejects what is unfinished when it is closed", async () => {
    const sampler = createSampler((await countingSession(1)).session, tokenizer);
    const unfinished = sampler.sample(request({ maximumNewTokens: 200 }));
    const rejected = expect(unfinished).rejects.toThrow("closed");
    await sampler[Symbol.asyncDispose]();
    await rejected;
    await expect(sampler.sample(request())).rejects.toThrow("closed");
  });
});
