import { expect, test } from "vitest";
import { ContextOverflowError, createDecodingSession, initialParameters } from "../llama.ts";
import { tinyConfiguration } from "../tiny-configuration.test-helpers.ts";
import type { DecodingSession } from "../types.ts";
import { createDecodingThread } from "./decoding-thread.ts";

const configuration = tinyConfiguration(300, 64);
const parameters = initialParameters(configuration, 3);
const options = { maximumSequences: 3, threads: 1 };

/** Appends, forgets and copies, and gives all logits on the way. */
async function work(session: DecodingSession): Promise<Float32Array[]> {
  const logits = [
    await session.append([
      { slot: 0, tokens: [5, 6, 7, 8], logits: 2 },
      { slot: 2, tokens: [9, 10] },
    ]),
  ];
  session.truncate(0, 3);
  session.copyPrefix(0, 1, 2);
  session.reset(2);
  logits.push(
    await session.append([
      { slot: 0, tokens: [11] },
      { slot: 1, tokens: [12, 13] },
      { slot: 2, tokens: [14] },
    ]),
  );
  expect([0, 1, 2].map((slot) => session.length(slot))).toEqual([4, 4, 1]);
  return logits;
}

test("a session in its own thread gives the same logits, bit for bit", async () => {
  await using here = await createDecodingSession(configuration, parameters, options);
  await using there = await createDecodingThread(configuration, parameters, options);
  expect(await work(there)).toEqual(await work(here));
});

test("several threads compute beside each other and beside this one", async () => {
  await using first = await createDecodingThread(configuration, parameters, options);
  await using second = await createDecodingThread(configuration, parameters, options);
  const results = [work(first), work(second)];
  const [one, other] = await Promise.all(results);
  expect(one).toEqual(other);
});

test("wrong use is refused before anything is changed", async () => {
  await using session = await createDecodingThread(configuration, parameters, options);
  const first = await session.append([{ slot: 0, tokens: [1, 2] }]);
  await expect(session.append([{ slot: 3, tokens: [1] }])).rejects.toThrow("slot 3 is not one of 0 to 2");
  await expect(session.append([{ slot: 0, tokens: [300] }])).rejects.toThrow("token 300");
  await expect(session.append([{ slot: 0, tokens: new Array(63).fill(1) }])).rejects.toThrow(
    ContextOverflowError,
  );
  expect(() => session.truncate(0, 3)).toThrow("length 3 is not between 0 and the 2 tokens of slot 0");
  session.reset(0);
  expect(await session.append([{ slot: 0, tokens: [1, 2] }])).toEqual(first);
});

test("a model that cannot be opened is an error here, and no thread is left", async () => {
  const wrong = new Map(parameters);
  wrong.delete("model.norm.weight");
  await expect(createDecodingThread(configuration, wrong, options)).rejects.toThrow("model.norm.weight");
});

test("a closed session computes nothing more, and closing it twice does no harm", async () => {
  const session = await createDecodingThread(configuration, parameters, options);
  await session[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
  await expect(session.append([{ slot: 0, tokens: [1] }])).rejects.toThrow("closed");
});

test("a thread that ends by itself fails what it was asked, and everything after, and can be closed", async () => {
  const ending = new URL(
    "data:text/javascript,import { parentPort } from 'node:worker_threads';" +
      "parentPort.postMessage({ kind: 'open' }); parentPort.on('message', () => process.exit(3));",
  );
  const session = await createDecodingThread(configuration, parameters, options, ending);
  const rows = [{ slot: 0, tokens: [1] }];
  await expect(session.append(rows)).rejects.toThrow("the decoding thread has ended with code 3");
  await expect(session.append(rows)).rejects.toThrow("the decoding thread has ended with code 3");
  await session[Symbol.asyncDispose]();
});

test("an error in the thread fails what it was asked", async () => {
  const throwing = new URL(
    "data:text/javascript,import { parentPort } from 'node:worker_threads';" +
      "parentPort.postMessage({ kind: 'open' }); parentPort.on('message', () => { throw new Error('broken'); });",
  );
  await using session = await createDecodingThread(configuration, parameters, options, throwing);
  await expect(session.append([{ slot: 0, tokens: [1] }])).rejects.toThrow("broken");
});
