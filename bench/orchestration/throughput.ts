/**
 * How much of a server's limit many rollouts at once reach:
 * `node bench/orchestration/throughput.ts [--concurrency N] [--latency MS] [--episodes N] [--turns N]`.
 *
 * The server answers every request after the same time, so it can give `concurrency / latency` answers in a second. The share of
 * that which is reached is what is left after the client's own work: transcripts, requests, parsing, environment, executor, and
 * storing each episode as a run does.
 *
 * Before that the same number of requests is sent by a bare loop, which does nothing but send a fixed body and read the answer. What that
 * reaches is what this machine, its loopback and the server allow; the share of it is what the product's own code leaves.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import { chatPolicy } from "../../src/policy/chat.ts";
import { countingEnvironment } from "../../src/rollout/counting-world.test-helpers.ts";
import { localExecutor } from "../../src/rollout/local.ts";
import { readCommandLine } from "../command-line.ts";
import { bareLoop } from "./bare-loop.ts";
import { openEpisodeStore } from "./episode-store.ts";
import { countingEpisodes } from "./episodes.ts";
import { startModelServer } from "./start-server.ts";

const { values } = readCommandLine(import.meta.url, {
  concurrency: { type: "string", default: "256" },
  latency: { type: "string", default: "1000" },
  episodes: { type: "string", default: "2560" },
  turns: { type: "string", default: "6" },
});
const count = { integer: true, least: 1 } as const;
const concurrency = readNumberArgument("concurrency", values.concurrency, count);
const latency = readNumberArgument("latency", values.latency, { integer: false, above: 0 });
const episodes = readNumberArgument("episodes", values.episodes, count);
const turns = readNumberArgument("turns", values.turns, count);

using server = await startModelServer(["--latency", String(latency)]);
await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "fixed", retries: 0 });
const environment = countingEnvironment();

const requests = episodes * turns;
const limit = concurrency / (latency / 1000);
console.log(`${concurrency} at once, ${latency} ms an answer: at most ${limit.toFixed(1)} requests a second`);
const send = bareLoop(server.baseUrl, concurrency);
const bare = await measure("bare loop", (count) => send(count * turns));
const rollouts = await measure(`rollouts, ${episodes} episodes of ${turns} turns`, play);
console.log(`rollouts reach ${((100 * rollouts) / bare).toFixed(1)} % of the bare loop`);

/** Runs it once to warm up, and once more by the clock. @returns requests a second */
async function measure(name: string, run: (episodes: number) => Promise<void>): Promise<number> {
  // The connections stand, and the compiler has seen the code, before the clock starts.
  await run(concurrency);
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const before = process.cpuUsage();
  const start = performance.now();
  await run(episodes);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const late = (percentile: number) => (delays.percentile(percentile) / 1e6 - 5).toFixed(1);
  const rate = requests / seconds;
  console.log(
    `${name}: ${rate.toFixed(1)} requests a second, ${((100 * rate) / limit).toFixed(1)} % of the limit; processor time ${((user + system) / 1e3 / requests).toFixed(2)} ms a request, ${((user + system) / 1e6 / seconds).toFixed(2)} cores; event loop late by ${late(50)} ms (median), ${late(99)} ms (99th percentile)`,
  );
  return rate;
}

async function play(count: number): Promise<void> {
  const options = { environment, policy };
  const requests = countingEpisodes(count, turns);
  using store = openEpisodeStore(requests);
  for await (const trajectory of localExecutor({ concurrency }).run(requests, options)) {
    const { stopReason, error } = trajectory;
    if (stopReason !== "step-limit")
      throw new Error(`an episode ended with ${stopReason}: ${error?.message}`);
    store.save(trajectory);
  }
}
