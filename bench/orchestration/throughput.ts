/**
 * How much of a server's limit many rollouts at once reach:
 * `node bench/orchestration/throughput.ts [--concurrency N] [--latency MS] [--episodes N] [--turns N]`.
 *
 * The server answers every request after the same time, so it can give `concurrency / latency` answers in a second. The share of
 * that which is reached is what is left after the client's own work: transcripts, requests, parsing, environment, executor.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { parseArgs } from "node:util";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import { chatPolicy } from "../../src/policy/chat.ts";
import { countingEnvironment } from "../../src/rollout/counting-world.test-helpers.ts";
import { localExecutor } from "../../src/rollout/local.ts";
import { countingEpisodes } from "./episodes.ts";
import { startModelServer } from "./start-server.ts";

const { values } = parseArgs({
  options: {
    concurrency: { type: "string", default: "256" },
    latency: { type: "string", default: "1000" },
    episodes: { type: "string", default: "2560" },
    turns: { type: "string", default: "6" },
  },
});
const count = { integer: true, least: 1 } as const;
const concurrency = readNumberArgument("concurrency", values.concurrency, count);
const latency = readNumberArgument("latency", values.latency, { integer: false, above: 0 });
const episodes = readNumberArgument("episodes", values.episodes, count);
const turns = readNumberArgument("turns", values.turns, count);

using server = await startModelServer(["--latency", String(latency)]);
await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "fixed", retries: 0 });
const environment = countingEnvironment();

// The connections stand, and the compiler has seen the code, before the clock starts.
await play(concurrency);
const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();
const before = process.cpuUsage();
const start = performance.now();
const played = await play(episodes);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);

const rate = (played * turns) / seconds;
const limit = concurrency / (latency / 1000);
console.log(`${concurrency} rollouts at once, ${latency} ms an answer, ${played} episodes of ${turns} turns`);
console.log(
  `requests a second: ${rate.toFixed(1)} of ${limit.toFixed(1)}, ${((100 * rate) / limit).toFixed(1)} %`,
);
console.log(
  `processor time: ${((user + system) / 1e3 / (played * turns)).toFixed(2)} ms a request, ${((user + system) / 1e6 / seconds).toFixed(2)} cores; event loop late by ${(delays.percentile(50) / 1e6 - 5).toFixed(1)} ms (median), ${(delays.percentile(99) / 1e6 - 5).toFixed(1)} ms (99th percentile)`,
);

async function play(count: number): Promise<number> {
  let finished = 0;
  const requests = countingEpisodes(count, turns);
  for await (const { stopReason, error } of localExecutor({ concurrency }).run(requests, {
    environment,
    policy,
  })) {
    if (stopReason !== "step-limit")
      throw new Error(`an episode ended with ${stopReason}: ${error?.message}`);
    finished += 1;
  }
  return finished;
}
