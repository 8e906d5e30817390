/**
 * Whether memory stays flat over many episodes:
 * `node --expose-gc bench/orchestration/memory.ts [--episodes N] [--turns N] [--concurrency N] [--every N]`.
 *
 * Every so many episodes the resident memory is printed, and what the heap holds after a collection (with --expose-gc). The list of requests,
 * which the caller makes, is there from the beginning.
 */
import process from "node:process";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import { chatPolicy } from "../../src/policy/chat.ts";
import { countingEnvironment } from "../../src/rollout/counting-world.test-helpers.ts";
import { localExecutor } from "../../src/rollout/local.ts";
import { readCommandLine } from "../command-line.ts";
import { countingEpisodes } from "./episodes.ts";
import { startModelServer } from "./start-server.ts";

const { values } = readCommandLine(import.meta.url, {
  episodes: { type: "string", default: "100000" },
  turns: { type: "string", default: "2" },
  concurrency: { type: "string", default: "256" },
  every: { type: "string", default: "10000" },
});
const count = { integer: true, least: 1 } as const;
const episodes = readNumberArgument("episodes", values.episodes, count);
const turns = readNumberArgument("turns", values.turns, count);
const concurrency = readNumberArgument("concurrency", values.concurrency, count);
const every = readNumberArgument("every", values.every, count);

using server = await startModelServer([]);
await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "fixed", retries: 0 });
const environment = countingEnvironment();
// As a run has one: whatever listens to it must stop listening when an episode is over.
const { signal } = new AbortController();

const start = performance.now();
let finished = 0;
report();
const requests = countingEpisodes(episodes, turns);
for await (const { stopReason, error } of localExecutor({ concurrency }).run(requests, {
  environment,
  policy,
  signal,
})) {
  if (stopReason !== "step-limit") throw new Error(`an episode ended with ${stopReason}: ${error?.message}`);
  finished += 1;
  if (finished % every === 0) report();
}

function report(): void {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${finished} episodes: resident ${megabytes(rss)}, heap ${megabytes(heapUsed)}, ${seconds} s`);
}
