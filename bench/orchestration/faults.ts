/**
 * Many faults in one run: `node bench/orchestration/faults.ts [--episodes N] [--faults SHARE] [--concurrency N] [--latency MS]`.
 *
 * Counts the episodes by id, and says what became of them. The same at small size is a test (src/policy/chat/faults.test.ts),
 * which also compares the results with those without faults.
 */
import process from "node:process";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import { chatPolicy } from "../../src/policy/chat.ts";
import { countingEnvironment, countingTask } from "../../src/rollout/counting-world.test-helpers.ts";
import type { RolloutRequest } from "../../src/rollout/executor.ts";
import { localExecutor } from "../../src/rollout/local.ts";
import { readCommandLine } from "../command-line.ts";
import { startModelServer } from "./start-server.ts";

const { values } = readCommandLine(import.meta.url, {
  episodes: { type: "string", default: "2000" },
  faults: { type: "string", default: "0.5" },
  concurrency: { type: "string", default: "256" },
  latency: { type: "string", default: "20" },
});
const count = { integer: true, least: 1 } as const;
const episodes = readNumberArgument("episodes", values.episodes, count);
const concurrency = readNumberArgument("concurrency", values.concurrency, count);

using server = await startModelServer(["--faults", values.faults, "--latency", values.latency]);
await using policy = chatPolicy({
  baseUrl: server.baseUrl,
  model: "counter",
  actions: "tools",
  timeoutSeconds: 5,
  retries: 30,
  backoffSeconds: 0.01,
});
const requests = Array.from({ length: episodes }, (_, index): RolloutRequest => {
  const task = countingTask(`task ${index}`, index % 8);
  return { id: `episode ${index}`, kind: "simulation", task, seed: index, temperature: 1, maximumSteps: 20 };
});

const start = performance.now();
const times = new Map<string, number>();
const endings = new Map<string, number>();
let invalid = 0;
const options = { environment: countingEnvironment(), policy };
for await (const trajectory of localExecutor({ concurrency }).run(requests, options)) {
  const { id, reward, stopReason, error, steps } = trajectory;
  times.set(id, (times.get(id) ?? 0) + 1);
  const ending = `${stopReason}, reward ${reward}${error === undefined ? "" : `, ${error.name}`}`;
  endings.set(ending, (endings.get(ending) ?? 0) + 1);
  invalid += steps.filter(({ toolCall }) => toolCall?.problem !== undefined).length;
}
const faults = await server.faults();
const doubled = [...times.values()].filter((each) => each > 1).length;
console.log(`${episodes} episodes in ${((performance.now() - start) / 1000).toFixed(1)} s`);
console.log(`faults: ${Object.values(faults).reduce((sum, each) => sum + each, 0)}`, faults);
console.log(`lost ${episodes - times.size}, doubled ${doubled}; wrong tool calls ${invalid}`);
console.log(Object.fromEntries(endings));
process.exitCode = times.size === episodes && doubled === 0 ? 0 : 1;
