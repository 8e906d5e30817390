import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commandFixture } from "../../src/cli/command-line.test-helpers.ts";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { needsSimulator, testJar } from "../../src/environment/scienceworld/test-simulator.test-helpers.ts";
import { generateProducts, writeCatalogue } from "../../src/environment/webshop/generator/catalogue.ts";
import {
  createScriptedExpert,
  isWin,
  localExecutor,
  type RunConfig,
  resolveConfig,
  type Trajectory,
} from "../../src/index.ts";
import scienceworldConfig from "./scienceworld/eef.config.ts";
import webshopConfig from "./webshop/eef.config.ts";

/** The configurations as they stand in the files, from the command line to the command that would train. */

const fixture = commandFixture();

// With a key a configuration can be loaded before there are recorded experts.
beforeEach(() => void vi.stubEnv("OPENAI_API_KEY", "none"));
afterEach(() => void vi.unstubAllEnvs());

async function load(config: unknown): Promise<RunConfig> {
  if (typeof config !== "function") throw new Error("expected a configuration that takes --data");
  return resolveConfig(await config({ data: fixture.folder }));
}

function record(trajectories: readonly Trajectory[]): void {
  mkdirSync(join(fixture.folder, "experts"));
  const lines = trajectories.map((trajectory) => `${JSON.stringify(trajectory)}\n`);
  writeFileSync(join(fixture.folder, "experts", "recorded.jsonl"), lines.join(""));
}

/** Runs `eef run --dry-run` on a configuration of this folder, with the trajectories in `experts/`. */
async function dryRun(environment: "webshop" | "scienceworld") {
  const file = fileURLToPath(new URL(`${environment}/eef.config.ts`, import.meta.url));
  const output = join(fixture.folder, "runs");
  const code = await runCommandLine(["run", file, "--data", fixture.folder, "--output", output, "--dry-run"]);
  expect(fixture.errors).toEqual([]);
  expect(code).toBe(0);
  const work = join(output, `paper-${environment}`, "checkpoints", "sft-0.training");
  expect(existsSync(join(work, "log.txt"))).toBe(false);
  return {
    command: fixture.printed.at(-1),
    trained: `\naxolotl train ${join(work, "config.yaml")} --launcher accelerate -- --num_processes=4`,
    rows: readFileSync(join(work, "dataset.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line): { messages: { role: string; content: string; train?: boolean }[] } => JSON.parse(line)),
    yaml: readFileSync(join(work, "config.yaml"), "utf8"),
  };
}

/** Llama-3-8B-Instruct, its context, three epochs of batches of 64 on four GPUs, an adapter. */
const settings = [
  'base_model: "meta-llama/Meta-Llama-3-8B-Instruct"',
  "sequence_len: 8192",
  "num_epochs: 3",
  "gradient_accumulation_steps: 16",
  "learning_rate: 0.0002",
  "lora_r: 64",
];

describe("the paper's WebShop configuration, on files in the benchmark's form", () => {
  /** A generated catalogue with more wishes than the 1,500 that the benchmark's split tests and validates on. */
  async function writeShop(): Promise<void> {
    const options = { seed: 5, products: 400 };
    await writeCatalogue(options, fixture.folder);
    const wishes = generateProducts(options).map(({ item, instruction }) => {
      const { instruction: text, attributes, instruction_attributes } = instruction;
      const groups = Object.entries(
        item.customization_options === "" ? {} : item.customization_options,
      ).flatMap(([name, [first]]) => (first === undefined ? [] : [{ name, value: first.value }]));
      const choices = groups.map(({ name, value }) => `${name.toLowerCase()}: ${value}`).join(", and ");
      const wish = {
        asin: item.asin,
        // In the words that the scripted shopper reads.
        instruction: choices === "" ? text : `${text} with ${choices}`,
        attributes,
        options: [],
        instruction_attributes,
        instruction_options: groups.map(({ value }) => value),
      };
      return [item.asin, [wish, wish, wish, wish]] as const;
    });
    writeFileSync(join(fixture.folder, "items_human_ins.json"), JSON.stringify(Object.fromEntries(wishes)));
  }

  async function play(config: RunConfig): Promise<Trajectory[]> {
    const { environment } = config;
    const requests = environment
      .tasks("train")
      .slice(0, 12)
      .map((task, index) => ({
        id: `recorded-${index}`,
        kind: "expert" as const,
        task,
        seed: index,
        temperature: 0,
        maximumSteps: config.rollout.maximumSteps,
      }));
    const policy = createScriptedExpert();
    const trajectories: Trajectory[] = [];
    for await (const trajectory of localExecutor().run(requests, { environment, policy })) {
      trajectories.push(trajectory);
    }
    return trajectories;
  }

  it("writes a row for each of the experts' wins, and prints the command", async () => {
    await writeShop();
    const config = await load(webshopConfig);
    expect(config.environment.tasks("train")).toHaveLength(100);
    expect(config.environment.tasks("test")).toHaveLength(500);
    expect(config.rollout.maximumSteps).toBe(15);

    const trajectories = await play(config);
    const wins = trajectories.filter(isWin);
    expect(wins.length).toBeGreaterThan(1);
    expect(wins.length).toBeLessThan(trajectories.length);
    record(trajectories);
    const { command, trained, rows, yaml } = await dryRun("webshop");
    expect(command).toBe(trained);
    for (const line of settings) expect(yaml).toContain(line);
    expect(rows.map(({ messages }) => messages[1]?.content).sort()).toEqual(
      wins.map(({ initialObservation }) => initialObservation).sort(),
    );
    expect(rows[0]?.messages[0]).toMatchObject({ role: "system", content: config.environment.systemPrompt });
  });
});

describe.skipIf(testJar === undefined)(`the paper's ScienceWorld configuration (${needsSimulator})`, () => {
  /** Of the first four tasks two were won; the texts are made up, as no episode is played. */
  function madeUp(config: RunConfig): Trajectory[] {
    return config.environment
      .tasks("train")
      .slice(0, 4)
      .map((task, index) => ({
        id: `recorded-${index}`,
        taskId: task.id,
        policy: "made up",
        kind: "expert",
        seed: index,
        initialObservation: `Task of episode ${index}`,
        steps: ["look around", "wait"].map((action, step) => ({
          message: `Action: ${action}`,
          action,
          observation: `What one sees after ${action}`,
          reward: step === 1 && index % 2 === 0 ? 1 : 0,
          done: step === 1,
          valid: true,
        })),
        reward: index % 2 === 0 ? 1 : 0,
        stopReason: "done",
        usage: { environmentSteps: 2, promptTokens: 0, generatedTokens: 0, seconds: 0 },
      }));
  }

  it("writes a row for each of the experts' wins, and prints the command", async () => {
    const config = await load(scienceworldConfig);
    expect(config.environment.tasks("train")).toHaveLength(1483);
    expect(config.environment.tasks("test")).toHaveLength(211);
    record(madeUp(config));
    const { command, trained, rows, yaml } = await dryRun("scienceworld");
    expect(command).toBe(trained);
    for (const line of settings) expect(yaml).toContain(line);
    expect(rows.map(({ messages }) => messages[1]?.content)).toEqual([
      "Task of episode 0",
      "Task of episode 2",
    ]);
    expect(rows[0]?.messages.filter(({ train }) => train).map(({ content }) => content)).toEqual([
      "Action: look around",
      "Action: wait",
    ]);
  });

  it("is estimated with as many examples of behaviour cloning as the dry run writes rows", async () => {
    record(madeUp(await load(scienceworldConfig)));
    const { rows } = await dryRun("scienceworld");
    const file = fileURLToPath(new URL("scienceworld/eef.config.ts", import.meta.url));
    await runCommandLine(["estimate", file, "--data", fixture.folder, "--json"]);
    const estimate: unknown = JSON.parse(fixture.printed.at(-1) ?? "");
    expect(estimate).toMatchObject({
      trainTasks: 1483,
      methods: expect.arrayContaining([
        { name: "SFT", work: expect.objectContaining({ examples: rows.length }) },
      ]),
    });
  });
});
