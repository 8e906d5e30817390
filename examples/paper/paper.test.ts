import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { commandFixture } from "../../src/cli/command-line.test-helpers.ts";
import { dryRun } from "../../src/cli/dry-run.ts";
import { selectTasks } from "../../src/environment/scienceworld/splits.ts";
import { scienceWorldPrompt } from "../../src/environment/scienceworld/system-prompt.ts";
import { estimateRun } from "../../src/estimate/estimate.ts";
import { isWin, localExecutor, resolveConfig, type Trajectory } from "../../src/index.ts";
import { doors } from "../../test/toy/doors.ts";
import { porter } from "../../test/toy/porter.ts";
import { paperRun } from "./paper-run.ts";
import webshopConfig from "./webshop/eef.config.ts";

const webshopData = fileURLToPath(new URL("../../../shared/data/webshop", import.meta.url));

const fixture = commandFixture();
afterEach(() => void vi.unstubAllEnvs());

const scienceWorldTasks = selectTasks();

/** "1,483". */
const count = (value: number) => value.toLocaleString("en-US");

/** Of the table of docs/trainers.md: the cell of ScienceWorld. */
function lastCellOf(row: string): string | undefined {
  const page = readFileSync(new URL("../../docs/trainers.md", import.meta.url), "utf8");
  const line = page.split("\n").find((each) => each.startsWith(`| ${row} |`));
  return line?.split("|").at(-2)?.trim();
}

/** A small environment stands in for the benchmark's, and an expert of it for GPT-4. */
const environment = doors({ train: 12, validation: 2, test: 4 });

async function recordExpert(): Promise<Trajectory[]> {
  const requests = environment.tasks("train").map((task, index) => ({
    id: `expert-${index}`,
    kind: "expert" as const,
    task,
    seed: index,
    temperature: 1,
    maximumSteps: 15,
  }));
  const trajectories: Trajectory[] = [];
  for await (const trajectory of localExecutor().run(requests, { environment, policy: porter(4) })) {
    trajectories.push(trajectory);
  }
  mkdirSync(join(fixture.folder, "experts"));
  const lines = trajectories.map((trajectory) => `${JSON.stringify(trajectory)}\n`);
  writeFileSync(join(fixture.folder, "experts", "porter.jsonl"), lines.join(""));
  return trajectories;
}

async function config() {
  const written = await paperRun({
    name: "paper",
    environment,
    data: fixture.folder,
    maximumSteps: 15,
    contextLength: 8192,
  });
  return resolveConfig({ ...written, output: join(fixture.folder, "runs") });
}

describe("the configurations of the paper", () => {
  it("write the dataset of behaviour cloning and Axolotl's configuration in a dry run, and print the command", async () => {
    const wins = (await recordExpert()).filter(isWin);
    await dryRun(await config());
    const work = join(fixture.folder, "runs", "paper", "checkpoints", "sft-0.training");
    expect(fixture.printed.at(-1)).toBe(
      `\naxolotl train ${join(work, "config.yaml")} --launcher accelerate -- --num_processes=4`,
    );
    expect(wins.length).toBeGreaterThan(2);
    expect(readFileSync(join(work, "dataset.jsonl"), "utf8").trim().split("\n")).toHaveLength(wins.length);
    const yaml = readFileSync(join(work, "config.yaml"), "utf8");
    for (const line of ['base_model: "meta-llama/Meta-Llama-3-8B-Instruct"', "num_epochs: 3", "lora_r: 64"]) {
      expect(yaml).toContain(line);
    }
    // Four GPUs, one example each, 16 times.
    expect(yaml).toContain("gradient_accumulation_steps: 16");
    expect(existsSync(join(work, "log.txt"))).toBe(false);
  });

  it("have the paper's M and number of iterations, and its budget's baseline", async () => {
    await recordExpert();
    const { methods } = await config();
    expect(methods.map(({ name }) => name)).toEqual(["SFT", "RFT", "RFT x6", "EEF"]);
    expect(methods.at(-1)?.options).toMatchObject({ simulatedStates: 5, iterations: 3, trainFrom: "base" });
  });

  it("can be estimated before they are run", async () => {
    const trajectories = await recordExpert();
    const { student, expert, costs } = await estimateRun(await config());
    // Nobody has to act for the experts, which are recorded.
    expect(expert.episodes).toBe(0);
    expect(student.fineTunings).toBeGreaterThan(4);
    expect(costs?.gpuHours.training).toBeGreaterThan(0);
    expect(student.examples).toBeGreaterThan(trajectories.filter(isWin).length);
  });

  it("take for ScienceWorld what docs/trainers.md says", async () => {
    vi.stubEnv("OPENAI_API_KEY", "none");
    const written = await paperRun({
      name: "paper",
      // The benchmark's tasks, without the simulator.
      environment: {
        ...environment,
        name: "scienceworld",
        systemPrompt: scienceWorldPrompt,
        tasks: (split) => scienceWorldTasks[split],
      },
      data: fixture.folder,
      maximumSteps: 120,
      contextLength: 8192,
    });
    const given = { "episode-steps": 28, "observation-tokens": 24, "message-tokens": 40 };
    const { student, costs, trainTasks, evaluationTasks } = await estimateRun(resolveConfig(written), given);
    const rounded = (value: number, unit: number) => count(Math.round(value / unit) * unit);
    const millions = (value: number, digits = 0) => `${(value / 1e6).toFixed(digits)} million`;
    const { training, playing } = costs?.gpuHours ?? { training: 0, playing: 0 };
    for (const [row, value] of [
      ["tasks to train and to evaluate on", `${count(trainTasks)} and ${evaluationTasks}`],
      ["given: `episode-steps`, `observation-tokens`, `message-tokens`", Object.values(given).join(", ")],
      ["episodes of the student", rounded(student.episodes, 1000)],
      ["steps in the environment", millions(student.environmentSteps, 1)],
      ["tokens written", millions(student.generatedTokens)],
      ["fine-tunings, examples in all", `${student.fineTunings}, ${rounded(student.examples, 100)}`],
      ["tokens in all fine-tunings, three epochs", millions(3 * student.exampleTokens)],
      ["GPU hours for training, for playing", `${training.toFixed(0)}, ${playing.toFixed(0)}`],
      ["hours on the clock", (costs?.hours ?? 0).toFixed(0)],
      [
        "USD for the GPUs, for GPT-4's episodes",
        `${(costs?.gpuPrice ?? 0).toFixed(0)}, ${rounded(costs?.expertPrice ?? 0, 100)}`,
      ],
    ]) {
      expect(lastCellOf(row ?? ""), row).toBe(value);
    }
  });

  it("say what is missing without recorded experts and without a key", async () => {
    vi.stubEnv("OPENAI_API_KEY", undefined);
    await expect(config()).rejects.toThrow(/no recorded experts/);
  });

  it.skipIf(!existsSync(webshopData))(
    "read the benchmark's files (skipped where they are absent; the 1,000 products have 13 human goals, all to test on)",
    async () => {
      await recordExpert();
      for (const [name, source] of [
        ["items_shuffle.json", "items_shuffle_1000.json"],
        ["items_ins_v2.json", "items_ins_v2_1000.json"],
        ["items_human_ins.json", "items_human_ins.json"],
      ] as const) {
        symlinkSync(join(webshopData, source), join(fixture.folder, name));
      }
      if (typeof webshopConfig !== "function") throw new Error("expected a function");
      const { environment: shop, name } = resolveConfig(await webshopConfig({ data: fixture.folder }));
      expect(name).toBe("paper-webshop");
      expect(shop.tasks("test")).toHaveLength(13);
    },
  );
});
