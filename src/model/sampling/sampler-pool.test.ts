import { expect, test } from "vitest";
import { countingSession, prompt, request, tokenizer } from "./sampler.test-helpers.ts";
import { createSampler, type SampleRequest } from "./sampler.ts";
import { createSamplerPool } from "./sampler-pool.ts";

/** Real samplers in a pool, and how many tokens each has computed. */
async function pool(members: number, maximumSequences: number) {
  const sessions = await Promise.all(
    Array.from({ length: members }, () => countingSession(maximumSequences)),
  );
  const samplers = sessions.map(({ session }) => createSampler(session, tokenizer, { guessedTokens: 0 }));
  const sampler = createSamplerPool(samplers.map((sampler) => ({ sampler, maximumSequences })));
  return { sampler, counted: sessions.map(({ counted }) => counted) };
}

test("messages are the same with one sampler and with three", async () => {
  const requests = Array.from({ length: 20 }, (_, index) =>
    request({ prompt: prompt(10 + 3 * index, index), seed: index, episode: `episode ${index % 7}` }),
  );
  const written = async (members: number) => {
    const { sampler } = await pool(members, 4);
    return await Promise.all(requests.map((each) => sampler.sample(each)));
  };
  expect(await written(3)).toEqual(await written(1));
});

test("each message is written once, and all samplers have work", async () => {
  const { sampler, counted } = await pool(2, 8);
  const requests = Array.from({ length: 8 }, (_, index) =>
    request({ prompt: prompt(30, index), seed: index, maximumNewTokens: 1, episode: String(index) }),
  );
  await Promise.all(requests.map((each) => sampler.sample(each)));
  expect(counted.map(({ tokens }) => tokens)).toEqual([4 * 30, 4 * 30]);
});

test("an episode goes on where its prompt has been read", async () => {
  const { sampler, counted } = await pool(2, 4);
  const ask = (overrides: Partial<SampleRequest>) =>
    sampler.sample(request({ maximumNewTokens: 1, ...overrides }));
  const [first, second] = [prompt(100, 1), prompt(100, 2)];
  await Promise.all([ask({ prompt: first, episode: "first" }), ask({ prompt: second, episode: "second" })]);
  await ask({ prompt: [...second, ...prompt(10, 3)], episode: "second" });
  await ask({ prompt: [...first, ...prompt(20, 3)], episode: "first" });
  expect(counted.map(({ tokens }) => tokens).toSorted((a, b) => a - b)).toEqual([110, 120]);
});

test("a shared beginning is read by one of them, until it has much more to do than the other", async () => {
  const { sampler, counted } = await pool(2, 8);
  const shared = prompt(150, 1);
  const siblings = Array.from({ length: 4 }, (_, index) =>
    request({
      prompt: [...shared, ...prompt(10, index + 2)],
      seed: index,
      maximumNewTokens: 1,
      episode: String(index),
    }),
  );
  // Two for the first, because reading 150 tokens again is more than waiting beside one message; then the other's turn.
  await Promise.all(siblings.map((each) => sampler.sample(each)));
  expect(counted.map(({ tokens }) => tokens)).toEqual([160 + 10, 160 + 10]);
});

test("where all places are taken, a message goes to the other member rather than wait for a shared beginning", async () => {
  const { sampler, counted } = await pool(2, 1);
  const shared = prompt(200, 1);
  await Promise.all(
    [2, 3].map((seed) =>
      sampler.sample(
        request({ prompt: [...shared, seed], seed, maximumNewTokens: 1, episode: String(seed) }),
      ),
    ),
  );
  expect(counted.map(({ tokens }) => tokens)).toEqual([201, 201]);
});
