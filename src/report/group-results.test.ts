import { describe, expect, it } from "vitest";
import { renderReport } from "./html/report.ts";
import { methodResults } from "./method-results.ts";
import type { RunResults, TaskResult } from "./results.ts";
import { resultsTable } from "./table.ts";
import { resultsTableToMarkdown, resultsTableToText } from "./table-format.ts";

function task(index: number, reward: number, group?: string): TaskResult {
  return {
    taskId: `task-${index}`,
    ...(group === undefined ? {} : { group }),
    reward,
    win: reward >= 1,
    steps: 5,
    invalidActions: 0,
    actionKinds: {},
    stopReason: "done",
  };
}

const perTask = [task(1, 1, "boil"), task(2, 0.5, "melt <b>"), task(3, 0.25, "boil"), task(4, 1)];

function runOf(methods: readonly string[], tasks: readonly TaskResult[] = perTask): RunResults {
  return {
    name: "run",
    seed: 1,
    environment: "made-up",
    experts: [],
    evaluations: methods.map((method) => ({
      method,
      iteration: 0,
      policyVersion: method,
      perTask: tasks,
      budget: { simulations: 0, environmentSteps: 0, tokens: 0, seconds: 0 },
    })),
    selections: [],
    trajectories: [],
  };
}

const tableOf = (run: RunResults) => resultsTable(methodResults([run]), { resamples: 10 });

describe("results by kind of task", () => {
  it("are win rate and mean reward of the tasks of each kind, in order of appearance", () => {
    expect(tableOf(runOf(["SFT"])).rows[0]?.groups).toEqual([
      { group: "boil", evaluations: 2, winRate: 0.5, meanReward: 0.625 },
      { group: "melt <b>", evaluations: 1, winRate: 0, meanReward: 0.5 },
    ]);
  });

  it("stand in the terminal's table within 80 columns, however many methods there are", () => {
    const text = resultsTableToText(tableOf(runOf(["SFT", "RFT", "RFT x6", "EEF", "EEF, all states"])));
    expect(text).toMatch(/^boil {2,}2 {2,}50\.0 0\.63/m);
    expect(text.match(/^boil/gm)).toHaveLength(2);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("stand in Markdown and in the report, as text", () => {
    expect(resultsTableToMarkdown(tableOf(runOf(["SFT"])))).toContain("| melt \\<b\\> | 1 | 0.0 0.50 |");
    const report = renderReport(runOf(["SFT"]), { resamples: 10 });
    expect(report).toContain("By kind of task");
    expect(report).toContain("melt &lt;b&gt;");
  });

  it("are absent where tasks have no kind", () => {
    const ungrouped = runOf(["SFT"], [task(1, 1)]);
    expect(tableOf(ungrouped).rows[0]).not.toHaveProperty("groups");
    expect(resultsTableToText(tableOf(ungrouped))).not.toContain("kind of task");
    expect(renderReport(ungrouped, { resamples: 10 })).not.toContain("By kind of task");
  });
});
