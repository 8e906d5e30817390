import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { Step, Trajectory } from "../../trajectory.ts";
import { type Database, openDatabase } from "./database.ts";
import { readTrajectory, saveTasks, saveTrajectory } from "./trajectories.ts";

let database: Database;
beforeEach(() => {
  database = openDatabase(":memory:");
  saveTasks(database, "train", [{ id: "task", split: "train" }]);
});
afterEach(() => database[Symbol.dispose]());

function stepOf(word: string, more: Partial<Step> = {}): Step {
  const observation = `${word} done`;
  return {
    message: `Action: ${word}`,
    action: word,
    observation,
    reward: 0,
    done: false,
    valid: true,
    ...more,
  };
}

const steps = [stepOf("one"), stepOf("two", { valid: false }), stepOf("three", { logProbability: -0.5 })];

const expert: Trajectory = {
  id: "expert",
  taskId: "task",
  policy: "someone",
  kind: "expert",
  seed: 4_294_967_295,
  initialObservation: "Begin.",
  steps,
  reward: 0.25,
  stopReason: "gave-up",
  usage: { environmentSteps: 3, promptTokens: 10, generatedTokens: 5, seconds: 0.5 },
};

function simulation(id: string, changes: Partial<Trajectory>): Trajectory {
  return { ...expert, id, kind: "simulation", from: { trajectoryId: "expert", stateIndex: 2 }, ...changes };
}

function save(trajectory: Trajectory): void {
  saveTrajectory(database, trajectory, (action) => action, 0.1);
}

function storedSteps(id: string): number {
  const row = database.first(
    z.object({ n: z.number() }),
    "SELECT COUNT(*) AS n FROM steps WHERE trajectory_id = ?",
    id,
  );
  return row?.n ?? 0;
}

test("a trajectory is read as it was saved", () => {
  save(expert);
  expect(readTrajectory(database, "expert")).toEqual(expert);
  expect(readTrajectory(database, "nobody")).toBeUndefined();
});

test("native tool calls and the tools are kept", () => {
  const toolCall = { id: "call00001", name: "act", arguments: '{ "action": "one"}', content: "So." };
  const wrong = { ...toolCall, id: "call00002", problem: "unknown-tool" } as const;
  const called: Trajectory = {
    ...expert,
    steps: [stepOf("one", { toolCall }), stepOf("two", { toolCall: wrong, valid: false })],
    tools: [{ name: "act", description: "Act.", parameters: { type: "object" } }],
  };
  save(called);
  expect(readTrajectory(database, "expert")).toEqual(called);
});

test("the expert's steps of a simulation are stored once, with the expert's trajectory", () => {
  save(expert);
  const played = simulation("played", {
    steps: [...steps.slice(0, 2), stepOf("another")],
    reward: 1,
    stopReason: "done",
  });
  save(played);
  expect(storedSteps("played")).toBe(1);
  expect(readTrajectory(database, "played")).toEqual(played);
});

test("a simulation that ended in the state it started from has the expert's steps and none of its own", () => {
  save(expert);
  const ended = simulation("ended", { steps: steps.slice(0, 2), stopReason: "context-overflow" });
  save(ended);
  expect(storedSteps("ended")).toBe(0);
  expect(readTrajectory(database, "ended")).toEqual(ended);
});

test("a simulation whose state could not be reached has no steps, and keeps its error", () => {
  save(expert);
  const error = { name: "ReplayDivergedError", message: "diverged at step 1" };
  const diverged = simulation("diverged", { steps: [], stopReason: "replay-diverged", error });
  save(diverged);
  expect(readTrajectory(database, "diverged")).toEqual(diverged);
});

test("steps that are not the expert's are stored, whatever they claim", () => {
  save(expert);
  const different = simulation("different", {
    steps: steps.map((step) => ({ ...step, observation: "other" })),
  });
  save(different);
  expect(storedSteps("different")).toBe(3);
  expect(readTrajectory(database, "different")).toEqual(different);
});

test("nothing of a failed transaction stays", () => {
  expect(() =>
    database.transaction(() => {
      save(expert);
      throw new Error("interrupted");
    }),
  ).toThrow("interrupted");
  expect(readTrajectory(database, "expert")).toBeUndefined();
});
