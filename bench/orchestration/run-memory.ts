/**
 * What a whole run holds in memory, by how many episodes its method asks for:
 * `node --expose-gc bench/orchestration/run-memory.ts [--tasks N] [--rollouts N] [--steps N] [--wins PART]`.
 *
 * RFT with one iteration and so many rollouts of each task, from `runPipeline` with its database on disk. The environment and the policy make up
 * texts: each step adds an observation of 1.5 KB, and the given part of the episodes is won. Nothing is trained.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { readNumberArgument } from "../../src/cli/number-argument.ts";
import {
  createRandom,
  defineConfig,
  deriveSeed,
  type Environment,
  type Policy,
  rft,
  runPipeline,
  type Split,
  type Task,
  type Trainer,
} from "../../src/index.ts";
import { readCommandLine } from "../command-line.ts";

const { values } = readCommandLine(import.meta.url, {
  tasks: { type: "string", default: "1000" },
  rollouts: { type: "string", default: "100" },
  steps: { type: "string", default: "10" },
  wins: { type: "string", default: "0.1" },
});
const count = { integer: true, least: 1 } as const;
const tasks = readNumberArgument("tasks", values.tasks, count);
const rollouts = readNumberArgument("rollouts", values.rollouts, count);
const steps = readNumberArgument("steps", values.steps, count);
const wins = readNumberArgument("wins", values.wins, { integer: false, least: 0 });

const page = "x".repeat(1500);
const tasksOf = (split: Split, length: number): Task[] =>
  Array.from({ length }, (_, index) => ({ id: `${split} ${index}`, split }));
const bySplit = { train: tasksOf("train", tasks), validation: [], test: tasksOf("test", 1) };

/** An episode of `steps` steps, won if its first action says so. */
const environment: Environment = {
  name: "pages",
  systemPrompt: "Read.",
  tasks: (split) => bySplit[split],
  start: async () => {
    let taken = 0;
    let won = false;
    return {
      observation: page,
      step: async (action) => {
        taken += 1;
        won ||= action.startsWith("win");
        const done = taken === steps;
        return { observation: `${page} ${action}`, reward: done && won ? 1 : 0, done, valid: true };
      },
      [Symbol.asyncDispose]: async () => {},
    };
  },
};

function policyOf(version: string): Policy {
  return {
    name: version,
    version,
    act: async ({ seed, turn }) => {
      // As a server would: without it no timer of the process would ever run.
      await setImmediate();
      const verb = createRandom(deriveSeed("win", seed)).chance(wins) ? "win" : "go on";
      return { message: `Action: ${verb} ${seed} ${turn}`, promptTokens: 1, generatedTokens: 1 };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

const trainer: Trainer = {
  name: "none",
  base: async () => ({ location: "base", version: "base" }),
  train: async ({ outputDirectory, examples }) => ({
    policy: { location: outputDirectory, version: `student of ${examples.length} examples` },
    usage: { trainedTokens: 0, targetTokens: 0, seconds: 0 },
    losses: [],
  }),
  open: async ({ version }) => policyOf(version),
};

const output = mkdtempSync(join(tmpdir(), "eef-bench-"));
try {
  const config = defineConfig({
    name: "memory",
    output,
    environment,
    experts: [{ policy: policyOf("expert") }],
    trainer,
    methods: [rft({ rollouts, iterations: 1 })],
    rollout: { maximumSteps: steps },
  });
  globalThis.gc?.();
  const before = process.memoryUsage();
  let playing = before;
  const report = (text: string, { rss, heapUsed }: NodeJS.MemoryUsage) =>
    console.log(`${text}: resident ${megabytes(rss)}, heap ${megabytes(heapUsed)}`);
  const begin = (name: string) => ({
    update: () => undefined,
    end: () => {
      if (!name.endsWith("explore")) return;
      globalThis.gc?.();
      playing = process.memoryUsage();
    },
  });
  await runPipeline(config, { progress: { begin, note: () => undefined } });
  report("before", before);
  report(`after playing ${tasks * rollouts} simulations of ${steps} steps`, playing);
  globalThis.gc?.();
  report("at the end", process.memoryUsage());
  console.log(`peak: resident ${megabytes(process.resourceUsage().maxRSS * 1024)}`);
} finally {
  rmSync(output, { recursive: true });
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
