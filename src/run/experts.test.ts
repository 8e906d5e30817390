import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { toyConfig } from "../../test/toy/config.ts";
import { porter } from "../../test/toy/porter.ts";
import { eef } from "../methods/eef.ts";
import { sft } from "../methods/sft.ts";
import { renderReport } from "../report/html/report.ts";
import { localExecutor } from "../rollout/local.ts";
import type { Trajectory } from "../trajectory.ts";
import type { EefConfig } from "./config.ts";
import { runPipeline } from "./pipeline.ts";
import { readMethodSelections } from "./read-selections.ts";
import { readRunDirectory, runPath } from "./run-directory.ts";

const root = mkdtempSync(join(tmpdir(), "eef-experts-"));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function configWith(changes: Partial<EefConfig>) {
  folders += 1;
  return toyConfig(join(root, String(folders)), { methods: [sft()], ...changes });
}

async function recordings(): Promise<Trajectory[]> {
  const { environment } = configWith({});
  const requests = environment.tasks("train").map((task) => ({
    id: `file-${task.id}`,
    kind: "expert" as const,
    task,
    seed: 1,
    temperature: 1,
    maximumSteps: 10,
  }));
  const played: Trajectory[] = [];
  for await (const each of localExecutor().run(requests, { environment, policy: porter() }))
    played.push(each);
  return played;
}
const recorded = await recordings();

const noteOf = ({ facts = [] }: { facts?: readonly { name: string; value: string }[] }) =>
  facts.filter(({ name }) => name === "note").map(({ value }) => value);

describe("recorded experts", () => {
  it("are refused before a run directory is made if none of their tasks is known", async () => {
    const strangers = recorded.map((trajectory) => ({ ...trajectory, taskId: `other-${trajectory.taskId}` }));
    const config = configWith({ experts: [{ name: "files", trajectories: strangers }] });
    await expect(runPipeline(config)).rejects.toMatchObject({
      message: expect.stringMatching(
        /None of the 24 trajectories of expert "files" .* theirs are other-train-\d/,
      ),
      hint: expect.stringMatching(/environment's are train-0, train-1, train-2, …/),
    });
    expect(existsSync(runPath(config))).toBe(false);
  });

  it("are taken without those of unknown tasks, which a stored note counts", async () => {
    const [first, ...others] = recorded;
    const trajectories = first === undefined ? [] : [{ ...first, taskId: "gone" }, ...others];
    const config = configWith({ experts: [{ name: "files", trajectories }] });
    const said: string[] = [];
    const work = { update: () => undefined, end: () => undefined };
    const progress = { begin: () => work, note: (text: string) => void said.push(text) };
    const results = await runPipeline(config, { progress });
    const note = expect.stringContaining('Expert "files": 1 of 24 trajectories match no task of doors');
    expect(noteOf(results)).toEqual([note]);
    expect(said).toContainEqual(note);
    expect(results.trajectories).toHaveLength(23);
  });

  it("may not share ids of trajectories", () => {
    const twins = ["one", "other"].map((name) => ({ name, trajectories: recorded }));
    expect(() => configWith({ experts: twins })).toThrow(/both "one" and "other" have a trajectory "file-/);
    const twice = [{ name: "one", trajectories: [...recorded, ...recorded] }];
    expect(() => configWith({ experts: twice })).toThrow(/"one" twice has a trajectory/);
  });
});

describe("experts of one name", () => {
  it("are refused, and told apart by a name of their own", async () => {
    expect(() => configWith({ experts: [{ policy: porter() }, { policy: porter() }] })).toThrow(
      'Two experts are called "porter"',
    );
    const results = await runPipeline(
      configWith({ experts: [{ policy: porter() }, { name: "second porter", policy: porter() }] }),
    );
    expect(results.experts.map(({ name }) => name)).toEqual(["porter", "second porter"]);
    expect(new Set(results.trajectories.map(({ expert }) => expert)).size).toBe(2);
    expect(results.trajectories).toHaveLength(48);
  });
});

describe("experts without a win", () => {
  it("are remarked on, in the results and in the report", async () => {
    const failures = recorded.map((trajectory) => ({ ...trajectory, reward: 0.5 }));
    const results = await runPipeline(configWith({ experts: [{ name: "files", trajectories: failures }] }));
    expect(noteOf(results)).toEqual([
      expect.stringContaining("No expert won any of its 24 training episodes"),
      expect.stringContaining("Nothing was selected to train on by SFT"),
    ]);
    expect(renderReport(results)).toContain("No expert won any of its 24 training episodes");
  });

  it("are not spoken of where one won", async () => {
    expect(noteOf(await runPipeline(configWith({})))).toEqual([]);
  });
});

describe("the outcome of a simulated state", () => {
  it("is in the report what it was for the method, also where the majority of simulations decides", async () => {
    const method = eef({
      simulatedStates: 3,
      iterations: 1,
      explore: "all",
      simulationsPerState: 4,
      stateWins: "majority",
    });
    const config = configWith({ methods: [method] });
    const { trajectories } = await runPipeline(config);
    using directory = readRunDirectory(runPath(config));
    const stored = readMethodSelections(directory, "EEF").flatMap((selection) =>
      selection.trajectories.flatMap(({ trajectoryId, states }) =>
        states.map(({ stateIndex, outcome }) => `${trajectoryId} ${stateIndex} ${outcome}`),
      ),
    );
    const shown = trajectories.flatMap(({ trajectoryId, selections }) =>
      selections.flatMap(({ states }) =>
        states.map(({ stateIndex, outcome }) => `${trajectoryId} ${stateIndex} ${outcome}`),
      ),
    );
    expect(shown.sort()).toEqual(stored.sort());
    const states = trajectories.flatMap(({ selections }) => selections.flatMap((each) => each.states));
    expect(states.some(({ wins, outcome }) => wins > 0 && outcome === "loss")).toBe(true);
  });
});
