import { describe, expect, it } from "vitest";
import { hardTasksOf, type MethodResult, methodResults } from "./method-results.ts";
import type { RunResults, TaskResult } from "./results.ts";
import { resultsTable } from "./table.ts";
import { resultsTableToMarkdown, resultsTableToText } from "./table-format.ts";

function task(index: number, reward: number, more: Partial<TaskResult> = {}): TaskResult {
  return {
    taskId: `task-${index}`,
    reward,
    win: reward >= 1,
    steps: 5,
    invalidActions: 1,
    actionKinds: { search: 1, next: 2, "back-to-search": 1, click: 1 },
    stopReason: "done",
    ...more,
  };
}

const budget = { simulations: 1200, environmentSteps: 6000, tokens: 1_250_000, seconds: 90 };
const tasks = (rewards: readonly number[]) => rewards.map((reward, index) => task(index, reward));

function runOf(seed: number, rewards: Record<string, readonly number[]>): RunResults {
  return {
    name: `run-${seed}`,
    seed,
    environment: "made-up",
    experts: [{ name: "scripted", perTask: tasks([1, 0, 0, 0]) }],
    evaluations: Object.entries(rewards).flatMap(([method, final]) => [
      { method, iteration: 0, policyVersion: "cloned", perTask: tasks([1, 1, 0, 0]), budget },
      { method, iteration: 2, policyVersion: `${method}-2`, perTask: tasks(final), budget },
    ]),
    selections: [],
    trajectories: [],
  };
}

describe("methodResults", () => {
  it("takes the highest iteration of each method, experts first", () => {
    const results = methodResults([runOf(1, { SFT: [1, 0, 0, 0], EEF: [1, 1, 1, 0] })]);
    expect(results.map((result) => result.method)).toEqual(["expert (scripted)", "SFT", "EEF"]);
    expect(results[2]?.runs[0]?.perTask.filter((result) => result.win)).toHaveLength(3);
  });

  it("can take another iteration, without the methods that never reached it", () => {
    const run = runOf(1, { SFT: [1, 0, 0, 0], EEF: [1, 1, 1, 0] });
    const withoutLaterSft = {
      ...run,
      evaluations: run.evaluations.filter(({ method, iteration }) => method === "EEF" || iteration === 0),
    };
    const names = methodResults([withoutLaterSft], { iteration: 2 }).map((result) => result.method);
    expect(names).toEqual(["expert (scripted)", "EEF"]);
  });

  it("calls hard what neither an expert nor the behaviour-cloned student won", () => {
    const run = runOf(1, { EEF: [1, 1, 1, 0] });
    expect([...(hardTasksOf(run) ?? [])]).toEqual(["task-2", "task-3"]);
    expect(hardTasksOf({ ...run, experts: [] })).toBeUndefined();
  });
});

describe("resultsTable", () => {
  const run = runOf(1, { SFT: [1, 0, 0, 0.5], EEF: [1, 1, 1, 0] });

  it("counts each figure over the tasks of a method", () => {
    const row = resultsTable(methodResults([run]), { baseline: "SFT" }).rows.at(-1);
    expect(row).toMatchObject({
      method: "EEF",
      runs: 1,
      evaluations: 4,
      meanReward: 0.75,
      steps: 5,
      invalidShare: 0.2,
      hardTasks: { solved: 1, tasks: 2 },
      navigation: { next: 2, previous: 0, back: 1 },
      budget: { simulations: 1200, minutes: 1.5 },
    });
    expect(row?.winRate.estimate).toBe(0.75);
  });

  it("compares every method but the baseline with the baseline, by task", () => {
    const table = resultsTable(methodResults([run]), { baseline: "SFT" });
    expect(table.rows.map((row) => row.comparison?.winRate.estimate)).toEqual([0, undefined, 0.5]);
    expect(table.rows.at(-1)?.comparison).toMatchObject({
      pairs: 4,
      signTest: 0.5,
      reward: { estimate: 0.375 },
    });
  });

  it("pairs runs by seed, whatever their order, and leaves out seeds that only one method has", () => {
    const one = runOf(1, { SFT: [0, 0, 0, 0], EEF: [1, 0, 0, 0] });
    const two = runOf(2, { EEF: [1, 1, 1, 1], SFT: [1, 1, 1, 0] });
    const three = runOf(3, { EEF: [1, 1, 1, 1] });
    const row = resultsTable(methodResults([three, two, one]), { baseline: "SFT" }).rows.find(
      ({ method }) => method === "EEF",
    );
    expect(row?.comparison?.pairs).toBe(8);
    expect(row?.comparison?.winRate.estimate).toBe(0.25);
    expect(row?.runs).toBe(3);
  });

  it("pairs a method with the baseline of its own run where several runs have one seed", () => {
    const runs = [
      runOf(1, { RFT: [1, 1, 1, 1], EEF: [1, 1, 1, 1] }),
      runOf(1, { RFT: [0, 0, 0, 0], EEF: [0, 0, 0, 0] }),
    ];
    const row = resultsTable(methodResults(runs), { baseline: "RFT" }).rows.find(
      ({ method }) => method === "EEF",
    );
    expect(row?.comparison?.winRate.estimate).toBe(0);
    expect(row?.comparison?.signTest).toBe(1);
    expect(row?.comparison?.winRate.low).toBe(0);
  });

  it("can be told that equal ids name other tasks in each run, which narrows the intervals", () => {
    const runs = [1, 2, 3, 4].map((seed) =>
      runOf(seed, { SFT: [0, 0, 0, 0, 0, 0, 0, 0], EEF: [1, 0, 1, 0, 1, 0, 1, 0] }),
    );
    const width = (sharedTasks: boolean) => {
      const table = resultsTable(methodResults(runs), { baseline: "SFT", sharedTasks });
      const difference = table.rows.at(-1)?.comparison?.winRate;
      return (difference?.high ?? 0) - (difference?.low ?? 0);
    };
    expect(width(true)).toBeGreaterThan(1.5 * width(false));
  });

  it("makes the same table from the same results and seed", () => {
    const make = () =>
      resultsTable(methodResults([run, runOf(2, { SFT: [0], EEF: [1] })]), { baseline: "SFT" });
    expect(make()).toEqual(make());
  });

  it("has no differences where the baseline was not evaluated, and no row for a method without tasks", () => {
    const empty: MethodResult = { method: "RFT", runs: [{ seed: 1, perTask: [], budget }] };
    const table = resultsTable([...methodResults([run]), empty], { baseline: "nobody" });
    expect(table.baseline).toBeUndefined();
    expect(table.rows.map((row) => row.method)).not.toContain("RFT");
    expect(table.rows.every((row) => row.comparison === undefined)).toBe(true);
  });

  it("can be stored as JSON and read back", () => {
    const table = resultsTable(methodResults([run]), { baseline: "SFT" });
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
  });
});

describe("the printed table", () => {
  const rewards = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? 1 : 0.25));
  const better = rewards.map((reward, index) => (index % 5 === 0 ? 1 : reward));
  const table = resultsTable(methodResults([runOf(1, { SFT: rewards, "RFT x6": rewards, EEF: better })]), {
    baseline: "RFT x6",
  });

  it("fits a terminal of 80 columns", () => {
    const text = resultsTableToText(table);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toMatch(/EEF +\S+ \[.*\] +\+\S+ \[\+.*\]/);
    expect(text).toContain("1.3M");
  });

  it("has columns for turning pages only where somebody turned one", () => {
    const without = {
      ...runOf(1, {}),
      experts: [{ name: "still", perTask: [task(0, 1, { actionKinds: { open: 3 } })] }],
    };
    const text = resultsTableToText(resultsTable(methodResults([without])));
    expect(text).not.toMatch(/next|prev|back/);
    expect(resultsTableToText(resultsTable(methodResults([runOf(1, {})])))).toMatch(/next +prev +back/);
  });

  it("writes what it does not know as a dash", () => {
    const expert = resultsTableToText(table)
      .split("\n")
      .filter((line) => line.startsWith("expert"));
    expect(expert[1]).toMatch(/- +- +-$/);
  });

  it("is Markdown with one cell for each column, also for names that hold markup", () => {
    const row = table.rows[0];
    const hostile = { ...table, rows: row === undefined ? [] : [{ ...row, method: "a|b\n<i>" }] };
    const lines = resultsTableToMarkdown(hostile)
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(lines[2]).toContain("a\\|b \\<i\\>");
    expect(lines.slice(0, 3).map((line) => line.split(/(?<!\\)\|/).length)).toEqual([7, 7, 7]);
  });
});
