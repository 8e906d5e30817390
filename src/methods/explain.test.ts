import { expect, test } from "vitest";
import { explain } from "./explain.ts";
import { formatExplanation } from "./explain-text.ts";
import { addWins, expertWins } from "./repository.ts";
import { select } from "./selection.ts";
import { simulationOf } from "./simulation.ts";
import { expert, simulation } from "./trajectories.test-helpers.ts";

const failed = expert(8);
const simulations = [
  simulation({ taskId: "task" }, false),
  simulation({ expert: failed, stateIndex: 2 }, true),
  simulation({ expert: failed, stateIndex: 4 }, false),
  simulation({ expert: failed, stateIndex: 6 }, true),
].map(simulationOf);
const figure1 = select(
  {
    systemPrompt: "system",
    iteration: 1,
    tasks: [{ id: "task", split: "train" }],
    expertTrajectories: [failed],
    simulations,
    repository: addWins(expertWins([failed]), simulations, 1),
  },
  {
    simulatedStates: 3,
    explore: "failures",
    stateWins: "any",
    solutionsPerImportantState: 1,
    keepExpertWins: false,
    lossOnExpertActions: true,
    keepHarmfulActions: false,
  },
);

test("tells for every expert action its label, and in which dataset it was trained on or masked", () => {
  const { trajectories } = explain("task", [failed, expert(3, { taskId: "other task" })], [figure1]);
  expect(trajectories).toHaveLength(1);
  const [initial, recovery] = figure1.examples.map(({ id }) => id);
  const table = trajectories[0]?.actions.map(({ index, iterations }) => [
    index,
    ...iterations.flatMap(({ label, uses }) => [
      label,
      ...uses.map(({ exampleId, use }) => [exampleId === initial ? "initial" : "recovery", use]),
    ]),
  ]);
  expect(new Set(figure1.examples.map(({ id }) => id))).toEqual(new Set([initial, recovery]));
  expect(table).toEqual([
    [0, "beneficial", ["initial", "target"], ["recovery", "masked"]],
    [1, "beneficial", ["initial", "target"], ["recovery", "masked"]],
    [2, "harmful", ["recovery", "masked"]],
    [3, "harmful", ["recovery", "masked"]],
    [4, "beneficial", ["recovery", "target"]],
    [5, "beneficial", ["recovery", "target"]],
    [6, "unknown"],
    [7, "unknown"],
  ]);
});

test("names the simulations that decided each state, and what solved it", () => {
  const { trajectories, examples } = explain("task", [failed], [figure1]);
  expect(
    trajectories[0]?.states.map(({ stateIndex, iterations }) => [
      stateIndex,
      ...iterations.map(({ outcome, important }) => [
        outcome.outcome,
        ...outcome.simulations.map(({ trajectoryId }) => trajectoryId),
        ...(important?.solutions ?? []),
      ]),
    ]),
  ).toEqual([
    [0, ["loss", "student@0", "expert@2"]],
    [2, ["win", "expert@2"]],
    [4, ["loss", "expert@4", "expert@6"]],
    [6, ["win", "expert@6"]],
  ]);
  expect(examples.map(({ winId, targets, masked }) => [winId, targets, masked])).toEqual([
    ["expert@2", 4, 0],
    ["expert@6", 4, 4],
  ]);
});

test("reads as text, state by state and action by action", () => {
  const lines = formatExplanation(explain("task", [failed], [figure1])).split("\n");
  expect(lines).toContain("Trajectory expert of expert expert: 8 actions, reward 0.50 (lost, done)");
  expect(lines).toContain(
    "  s_4 iteration 1: loss (expert@4 loss, reward 0.00, done) [needs recovery; solved by expert@6]",
  );
  const action = lines.findIndex((line) => line.includes("a_2 "));
  expect(lines[action + 1]).toContain("harmful. The student wins from s_2 and loses from s_4.");
  expect(lines[action + 2]).toContain("masked in");
});

test("text that could steer a terminal is escaped and cut", () => {
  const [first, ...rest] = failed.steps;
  if (first === undefined) throw new Error("the expert acted");
  const hostile = { ...failed, steps: [{ ...first, action: `\u001b[2J${"x".repeat(1000)}` }, ...rest] };
  const text = formatExplanation(explain("task", [hostile], [figure1]));
  expect(text).not.toContain("\u001b");
  expect(text).toContain("\\u{1b}[2J");
  expect(text).not.toContain("x".repeat(200));
});

test("a task without any example says so", () => {
  expect(formatExplanation(explain("nothing", [], []))).toContain("No example of this task was trained on.");
});
