import { expect, test } from "vitest";
import { tinyConfiguration } from "./tiny-configuration.test-helpers.ts";
import { bytesKept, bytesOfSession, tokensAtOnce } from "./training-memory.ts";

test("small models compute 2,048 tokens at once, large ones what fits into 2 GB", () => {
  const small = {
    ...tinyConfiguration(2000, 4096),
    layers: 4,
    hiddenSize: 256,
    intermediateSize: 1024,
    heads: 4,
  };
  expect(tokensAtOnce(small, 2048)).toBe(2048);
  const large = {
    ...small,
    layers: 30,
    hiddenSize: 576,
    intermediateSize: 1536,
    heads: 9,
    vocabularySize: 49_152,
  };
  const [short, long] = [tokensAtOnce(large, 256), tokensAtOnce(large, 2048)];
  expect(short).toBeLessThan(1000);
  expect(long).toBeLessThan(short);
  expect(long).toBeGreaterThan(100);
  // One session of any length fits what is kept; of the large model, not three.
  expect(bytesOfSession(small, 2048)).toBeLessThan(bytesKept / 4);
  expect(3 * bytesOfSession(large, 256)).toBeGreaterThan(bytesKept);
});
