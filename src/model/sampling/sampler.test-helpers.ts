import { afterAll } from "vitest";
import { createDecodingSession, type DecodingSession, initialParameters } from "../llama/llama.ts";
import { tinyConfiguration } from "../llama/tiny-configuration.test-helpers.ts";
import { createTokenizer } from "../tokenizer/tokenizer.ts";
import { trainTokenizer } from "../tokenizer/train.ts";
import type { SampleRequest } from "./sampler.ts";

export const tokenizer = createTokenizer(trainTokenizer([], { vocabularySize: 400 }));
const configuration = tinyConfiguration(tokenizer.vocabularySize, 256);
const parameters = initialParameters(configuration, 11);
const sessions: AsyncDisposable[] = [];
afterAll(async () => {
  for (const session of sessions) await session[Symbol.asyncDispose]();
});

/** A real session that also counts the tokens it computes; closed after the tests of the file. */
export async function countingSession(maximumSequences: number) {
  const session = await createDecodingSession(configuration, parameters, { maximumSequences, threads: 1 });
  sessions.push(session);
  const counted = { tokens: 0, calls: 0 };
  const counting: DecodingSession = {
    ...session,
    configuration,
    maximumSequences,
    append: (rows) => {
      counted.calls++;
      counted.tokens += rows.reduce((sum, { tokens }) => sum + tokens.length, 0);
      return session.append(rows);
    },
    length: (slot) => session.length(slot),
    reset: (slot) => session.reset(slot),
    truncate: (slot, length) => session.truncate(slot, length),
    copyPrefix: (from, to, length) => session.copyPrefix(from, to, length),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
  return { session: counting, counted };
}

export const prompt = (length: number, seed: number) =>
  Array.from({ length }, (_, index) => 10 + ((index * 7 + seed * 13 + index * index) % 300));
export const request = (overrides: Partial<SampleRequest> = {}): SampleRequest => ({
  prompt: prompt(20, 1),
  seed: 1,
  temperature: 1,
  maximumNewTokens: 12,
  ...overrides,
});
