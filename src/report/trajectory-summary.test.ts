import { describe, expect, it } from "vitest";
import type { Trajectory } from "../trajectory.ts";
import { summarizeTrajectories, trajectorySummaryToText } from "./trajectory-summary.ts";

function trajectory(reward: number, actions: readonly string[], more: Partial<Trajectory> = {}): Trajectory {
  return {
    id: `${reward}-${actions.length}`,
    taskId: `task-${reward}`,
    policy: "expert",
    kind: "expert",
    seed: 0,
    initialObservation: "",
    steps: actions.map((action) => ({
      message: action.startsWith("think") ? action : `Thought: so.\nAction: ${action}`,
      action,
      observation: "",
      reward: 0,
      done: false,
      valid: action !== "jump",
    })),
    reward,
    stopReason: "done",
    usage: { environmentSteps: 0, promptTokens: 0, generatedTokens: 0, seconds: 0 },
    ...more,
  };
}

const trajectories = [
  trajectory(1, ["search[a]", "click[b]"]),
  trajectory(0.3, ["search[a]", "jump", "click[b]", "click[c]"]),
  trajectory(0.29, ["think[a]"], { stopReason: "step-limit" }),
  trajectory(0, []),
];

describe("summarizeTrajectories", () => {
  it("counts wins, failures and actions by kind", () => {
    const summary = summarizeTrajectories(trajectories);
    expect(summary).toMatchObject({
      trajectories: 4,
      tasks: 4,
      policies: ["expert"],
      wins: 1,
      zeroRewards: 1,
      actions: 7,
      invalidActions: 1,
      thoughts: 7,
      stopReasons: { done: 3, "step-limit": 1 },
      length: { minimum: 0, median: 1.5, mean: 1.75, maximum: 4 },
      winLength: { minimum: 2, median: 2, mean: 2, maximum: 2 },
    });
    expect(summary.actionKinds).toEqual([
      { kind: "click", actions: 3, invalid: 0 },
      { kind: "search", actions: 2, invalid: 0 },
      { kind: "jump", actions: 1, invalid: 1 },
      { kind: "think", actions: 1, invalid: 0 },
    ]);
  });

  it("puts each reward into its own tenth, and wins apart", () => {
    const counts = summarizeTrajectories(trajectories).rewardHistogram.map((bin) => bin.trajectories);
    expect(counts).toEqual([1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("can name actions as the environment does", () => {
    const { actionKinds } = summarizeTrajectories(trajectories, { actionKind: () => "any" });
    expect(actionKinds).toEqual([{ kind: "any", actions: 7, invalid: 1 }]);
  });

  it("says nothing about nothing", () => {
    const text = trajectorySummaryToText(summarizeTrajectories([]));
    expect(text).toContain("0 of 0 tasks");
    expect(text).not.toContain("NaN");
  });
});

describe("trajectorySummaryToText", () => {
  it("fits 80 columns and lets no control character through", () => {
    const hostile = trajectory(0.5, ["\u001b[2Jclear", `${"x".repeat(200)}`], { policy: "a\u0007b" });
    const text = trajectorySummaryToText(summarizeTrajectories([...trajectories, hostile]));
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });
});
