import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { toyConfig } from "../../test/toy/config.ts";
import { type DoorsTask, doors } from "../../test/toy/doors.ts";
import type { Environment, EnvironmentIncident } from "../environment/environment.ts";
import { eef } from "../methods/eef.ts";
import { runPipeline } from "./pipeline.ts";
import { readResults } from "./results.ts";
import { readRunDirectory, runPath } from "./run-directory.ts";

const root = mkdtempSync(join(tmpdir(), "eef-mishaps-"));
afterAll(() => rmSync(root, { recursive: true }));

const counts = { train: 6, validation: 2, test: 3 };

/** After so many episodes, those of every other training task show a wall after every step. */
function changing(after: number): Environment<DoorsTask> {
  const inner = doors(counts);
  let started = 0;
  return {
    ...inner,
    start: async (task) => {
      started += 1;
      const episode = await inner.start(task);
      if (started <= after || !/^train-[024]$/.test(task.id)) return episode;
      return {
        get observation() {
          return episode.observation;
        },
        step: async (action) => ({ ...(await episode.step(action)), observation: "A wall." }),
        [Symbol.asyncDispose]: () => episode[Symbol.asyncDispose](),
      };
    },
  };
}

test("a run names the expert states that were not reached by replay, and counts them", async () => {
  // The expert's episodes come first: six for training and three for evaluation, and three of behaviour cloning.
  const config = toyConfig(join(root, "diverging"), {
    environment: changing(12),
    methods: [eef({ simulatedStates: 3, iterations: 1 })],
  });
  const { replays, facts, trajectories } = await runPipeline(config);
  const experts = trajectories.map(({ trajectoryId }) => trajectoryId);
  expect(replays?.asked).toBeGreaterThan(6);
  expect(replays?.diverged.length).toBeGreaterThan(0);
  expect(replays?.diverged.length).toBeLessThan(replays?.asked ?? 0);
  for (const { taskId, trajectoryId, stateIndex, message } of replays?.diverged ?? []) {
    expect(taskId).toMatch(/^train-[024]$/);
    expect(experts).toContain(trajectoryId);
    expect(stateIndex).toBeGreaterThan(0);
    expect(message).toMatch(/diverged at step 1: expected "Door .*received "A wall\."/);
  }
  const fact = facts?.find(({ name }) => name === "replays that diverged");
  expect(fact?.value).toMatch(/^\d+ of \d+, first: replay of .* diverged at step 1/);
  expect(readFileSync(join(runPath(config), "results.json"), "utf8")).toContain("A wall.");
});

test("a run keeps the environment's incidents of its own time, also when it is continued", async () => {
  const incidents: EnvironmentIncident[] = [{ taskId: "train-9", what: "Before this run." }];
  const withIncidents = (environment: Environment<DoorsTask>): Environment<DoorsTask> => ({
    ...environment,
    incidents: () => incidents,
    start: async (task, options) => {
      if (task.id === "test-1") incidents.push({ taskId: task.id, what: "It was replaced." });
      return await environment.start(task, options);
    },
  });
  const config = toyConfig(join(root, "incidents"), { environment: withIncidents(doors(counts)) });
  await runPipeline(config, { stopAfter: { phase: "expert" } });
  const stored = () => {
    using directory = readRunDirectory(runPath(config));
    return readResults(directory);
  };
  expect(stored().incidents).toEqual([{ taskId: "test-1", what: "It was replaced." }]);
  await runPipeline(config, { stopAfter: { phase: "evaluate", method: "SFT", iteration: 0 } });
  expect(stored().incidents).toHaveLength(2);
  expect(stored().facts).toContainEqual({
    name: "incidents in the environment",
    value: "2, first: test-1: It was replaced.",
  });
});
