import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActionLabel, LabelledTrajectory } from "../results.ts";
import { sampleTasks } from "./sample.ts";

function trajectory(task: number, win: boolean, label: ActionLabel): LabelledTrajectory {
  return {
    trajectoryId: `t-${task}`,
    taskId: `task-${task}`,
    expert: "expert",
    reward: win ? 1 : 0,
    win,
    stopReason: "done",
    initialObservation: "",
    steps: [],
    selections: [{ method: "EEF", iteration: 1, states: [], actions: [{ label, uses: [] }] }],
  };
}

const trajectories = fc
  .array(fc.tuple(fc.boolean(), fc.constantFrom<ActionLabel>("beneficial", "harmful", "neutral", "unknown")))
  .map((kinds) => kinds.map(([win, label], index) => trajectory(index, win, label)));

describe("sampleTasks", () => {
  it("takes as many tasks as it may, each once, in their order", () => {
    fc.assert(
      fc.property(trajectories, fc.integer({ min: 0, max: 30 }), (all, maximum) => {
        const { tasks, total } = sampleTasks(all, maximum);
        expect(total).toBe(all.length);
        expect(tasks).toHaveLength(Math.min(all.length, maximum));
        const positions = tasks.map(({ taskId }) =>
          all.findIndex((candidate) => candidate.taskId === taskId),
        );
        expect(positions).toEqual([...new Set(positions)].toSorted((left, right) => left - right));
      }),
    );
  });

  it("prefers tasks with telling labels, but leaves room for the others", () => {
    const all = Array.from({ length: 300 }, (_, index) =>
      trajectory(index, index % 3 === 0, index % 3 === 1 ? "harmful" : "neutral"),
    );
    const { tasks } = sampleTasks(all, 60);
    const harmful = tasks.filter(
      ({ trajectories: [first] }) => first?.selections[0]?.actions[0]?.label === "harmful",
    );
    const wins = tasks.filter(({ trajectories: [first] }) => first?.win);
    expect([harmful.length, wins.length, tasks.length]).toEqual([36, 12, 60]);
  });

  it("keeps all trajectories of a task together", () => {
    const twice = [
      trajectory(1, true, "neutral"),
      trajectory(2, false, "neutral"),
      trajectory(1, false, "neutral"),
    ];
    expect(sampleTasks(twice, 5).tasks.map(({ trajectories: of }) => of.length)).toEqual([2, 1]);
  });
});
