import { expect, test } from "vitest";
import { measureLabels } from "../scripts/label-reliability/measure.ts";
import type { LabelledTrajectory, Outcome } from "../src/methods/labels.ts";

/** A failed trajectory whose states were simulated several times: "win" and "loss" as W and L, one text a state. */
function labelled(taskId: string, states: readonly string[]): LabelledTrajectory {
  const outcomeOf = (letter: string): Outcome =>
    letter === "W" ? "win" : letter === "L" ? "loss" : "unknown";
  return {
    trajectoryId: `expert-${taskId}`,
    taskId,
    expert: "expert",
    reward: 0,
    won: false,
    states: states.map((letters, stateIndex) => ({
      stateIndex,
      outcome: "unknown",
      simulations: [...letters].map((letter, sample) => ({
        trajectoryId: `${taskId}-${stateIndex}-${sample}`,
        outcome: outcomeOf(letter),
        reward: letter === "W" ? 1 : 0,
        stopReason: "done",
      })),
      needsRecovery: false,
    })),
    segments: [],
    actions: [],
  };
}

test("labels that all simulations agree on are certain", () => {
  const [beneficial, harmful] = measureLabels([[labelled("a", ["LLL", "WWW", "LLL"])]]);
  expect(beneficial).toMatchObject({
    label: "beneficial",
    segments: 1,
    winsBefore: 0,
    winsAfter: 1,
    repeated: 1,
  });
  expect(harmful).toMatchObject({ label: "harmful", segments: 1, winsBefore: 1, winsAfter: 0, repeated: 1 });
  expect(harmful?.change).toMatchObject({ estimate: -1 });
});

test("the simulation that made the label has no vote in what it is compared with", () => {
  // By the first simulation harmful, by the second beneficial: the other one says the opposite each time.
  const rows = measureLabels([[labelled("a", ["WL", "LW"])]]);
  expect(
    rows.map(({ label, segments, change, repeated }) => [label, segments, change.estimate, repeated]),
  ).toEqual([
    ["beneficial", 0.5, -1, 0],
    ["harmful", 0.5, 1, 0],
  ]);
});

test("simulations that say nothing make no label and have no vote", () => {
  const rows = measureLabels([[labelled("a", ["W?W", "L?W"])]]);
  expect(rows.map(({ label, winsBefore, winsAfter }) => [label, winsBefore, winsAfter])).toEqual([
    ["harmful", 1, 1],
    ["neutral", 1, 0],
  ]);
});

test("tasks of one id in two runs are different tasks", () => {
  const [row] = measureLabels([[labelled("a", ["LL", "WW"])], [labelled("a", ["LL", "WW"])]]);
  expect(row).toMatchObject({ label: "beneficial", segments: 2, change: { estimate: 1 } });
});
