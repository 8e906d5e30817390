import { describe, expect, it } from "vitest";
import { z } from "zod";
import { toyConfig } from "../../test/toy/config.ts";
import { doors } from "../../test/toy/doors.ts";
import { porter } from "../../test/toy/porter.ts";
import type { Environment } from "../environment/environment.ts";
import { rft } from "../methods/rft.ts";
import { sft } from "../methods/sft.ts";
import type { Policy } from "../policy/policy.ts";
import { localExecutor } from "../rollout/local.ts";
import { runPipeline } from "../run/pipeline.ts";
import { readTrainingTrajectories } from "../run/read-selections.ts";
import { readRunDirectory, runPath } from "../run/run-directory.ts";
import { temporaryFolder } from "../trainer/external/stand-in.test-helpers.ts";
import type { Split, Task, Trajectory } from "../trajectory.ts";
import { defaultAssumptions } from "./assumptions.ts";
import { costsOf } from "./costs.ts";
import { estimateRun } from "./estimate.ts";
import { noWork } from "./work.ts";

async function recordedBy<T extends Task>(
  policy: Policy,
  environment: Environment<T>,
  tasks: readonly T[],
): Promise<Trajectory[]> {
  const requests = tasks.map((task, index) => ({
    id: `recorded ${index}`,
    kind: "expert" as const,
    task,
    seed: index,
    temperature: 1,
    maximumSteps: 15,
  }));
  const trajectories: Trajectory[] = [];
  for await (const trajectory of localExecutor().run(requests, { environment, policy })) {
    trajectories.push(trajectory);
  }
  return trajectories;
}

describe("an estimate", () => {
  it("counts as many episodes as the run then plays, and as many fine-tunings", async () => {
    using folder = temporaryFolder();
    const config = toyConfig(folder.path);
    await runPipeline(config);
    using directory = readRunDirectory(runPath(config));
    const { database } = directory;
    const played = (kinds: string) =>
      database.all(z.object({ n: z.number() }), `SELECT COUNT(*) AS n FROM trajectories WHERE ${kinds}`)[0]
        ?.n;
    const fineTunings = database.all(z.object({ n: z.number() }), "SELECT COUNT(*) AS n FROM fine_tunings")[0]
      ?.n;

    // With the expert's own trajectories the states to simulate are the same.
    const expert = { name: "recorded", trajectories: readTrainingTrajectories(directory) };
    const { student } = await estimateRun({ ...config, experts: [expert] });
    const byExpert = "id IN (SELECT trajectory_id FROM experts)";
    expect(student.episodes).toBe(played(`NOT ${byExpert}`));
    expect(student.fineTunings).toBe(fineTunings);
    expect((await estimateRun(config)).expert.episodes).toBe(played(byExpert));
  });

  it("refuses tasks that the run would refuse", async () => {
    using folder = temporaryFolder();
    const config = toyConfig(folder.path);
    const environment = {
      ...config.environment,
      tasks: (split: Split) => (split === "train" ? [] : config.environment.tasks(split)),
    };
    await expect(estimateRun({ ...config, environment })).rejects.toMatchObject({
      message: expect.stringMatching(/has no train tasks/),
      hint: expect.stringMatching(/splits/),
    });
  });

  it("grows in proportion to the tasks", async () => {
    using folder = temporaryFolder();
    const few = await estimateRun(toyConfig(folder.path, { tasks: { train: 6 } }));
    const many = await estimateRun(toyConfig(folder.path, { tasks: { train: 24 } }));
    const evaluated = 12;
    expect(many.expert.episodes - evaluated).toBe(4 * (few.expert.episodes - evaluated));
  });

  it("counts a fine-tuning for every iteration, as the run does, even where its examples are those of the one before", async () => {
    using folder = temporaryFolder();
    const config = toyConfig(folder.path, { methods: [rft({ iterations: 3 })] });
    const all = await estimateRun(config, { "student-win-rate": 1 });
    expect(all.student.fineTunings).toBe(4);
    const none = await estimateRun(config, { "student-win-rate": 0 });
    expect(none.student.fineTunings).toBe(4);
  });

  it("finds new wins in every iteration of several rollouts, since tasks are not equally hard", async () => {
    using folder = temporaryFolder();
    const examplesAfter = async (iterations: number) => {
      const environment = doors({ train: 1483, validation: 1, test: 1 });
      const methods = [rft({ rollouts: 6, iterations })];
      return (await estimateRun(toyConfig(folder.path, { environment, methods }))).student.examples;
    };
    const [one, two, three] = [await examplesAfter(1), await examplesAfter(2), await examplesAfter(3)];
    const wonAtLast = three - two - (two - one);
    // One in 13 tasks of a chance between 0 and 1 is not won in 12 episodes, and one in 19 not in 18: 36 of 1,483.
    expect(wonAtLast).toBeGreaterThan(20);
    expect(wonAtLast).toBeLessThan(55);
  });

  it("has as many examples of recorded experts as they have wins, however few of the tasks they played", async () => {
    using folder = temporaryFolder();
    const environment = doors({ train: 1483, validation: 1, test: 1 });
    const task = environment.tasks("train")[741];
    const [trajectory] = await recordedBy(porter(6), environment, task === undefined ? [] : [task]);
    if (trajectory === undefined) throw new Error("expected a trajectory");
    const trajectories = environment
      .tasks("train")
      .slice(738, 742)
      .map(({ id }, index) => ({ ...trajectory, id: `recorded ${index}`, taskId: id }));
    const experts = [{ name: "recorded", trajectories }];
    const { student } = await estimateRun(toyConfig(folder.path, { environment, experts, methods: [sft()] }));
    expect(student.examples).toBe(4);
  });

  it.each([0, 0.3, 0.8, 1])("lets a student with a win rate of %d win so many tasks", async (rate) => {
    using folder = temporaryFolder();
    const { student } = await estimateRun(
      toyConfig(folder.path, {
        environment: doors({ train: 2000, validation: 1, test: 1 }),
        methods: [rft({ iterations: 1 })],
      }),
      { "student-win-rate": rate, "expert-win-rate": 0 },
    );
    expect(student.examples / 2000).toBeCloseTo(rate, 1);
  });

  it("says that assumed win rates are another benchmark's, until they are given", async () => {
    using folder = temporaryFolder();
    const config = toyConfig(folder.path);
    const rates = { "student-win-rate": 0.4, "expert-win-rate": 0.6 };
    expect((await estimateRun(config)).notes.join()).toMatch(
      /those of WebShop, since none of doors is known/,
    );
    expect((await estimateRun(config, rates)).notes.join()).not.toContain("WebShop");
  });

  it("takes a mean number of steps that is no whole one", async () => {
    using folder = temporaryFolder();
    const config = toyConfig(folder.path, {
      environment: doors({ train: 2000, validation: 1, test: 1 }),
      methods: [rft({ iterations: 1 })],
    });
    const { student } = await estimateRun(config, { "episode-steps": 5.7 });
    expect(student.environmentSteps / student.episodes).toBeCloseTo(5.7, 1);
  });

  it("tells of each method that it is being rehearsed", async () => {
    using folder = temporaryFolder();
    const details: (string | undefined)[] = [];
    const update = (_done: number, options?: { readonly detail?: string }) =>
      void details.push(options?.detail);
    await estimateRun(
      toyConfig(folder.path),
      {},
      { begin: () => ({ update, end: () => undefined }), note: () => undefined },
    );
    expect(details).toEqual(["SFT", "RFT", "RFT x3", "EEF", undefined]);
  });

  it("gives hours that follow from its figures", () => {
    const work = {
      ...noWork,
      exampleTokens: 1e6,
      generatedTokens: 3.6e6,
      newTokens: 14.4e6,
      promptTokens: 1e9,
    };
    const expert = { ...noWork, promptTokens: 1e6, generatedTokens: 1e6 };
    const { gpuHours, hours, expertPrice } = costsOf(work, expert, defaultAssumptions);
    // 3 epochs, 8 operations for each of 8.03e9 parameters, at 30% of 155 TFLOP/s.
    expect(gpuHours.training).toBeCloseTo((3e6 * 8 * 8.03e9) / (0.3 * 155e12) / 3600, 10);
    // An hour of writing at 1,000 tokens a second, an hour of reading at 4,000.
    expect(gpuHours.playing).toBeCloseTo(2, 10);
    expect(hours).toBeCloseTo((gpuHours.training + 2) / 4, 10);
    expect(expertPrice).toBe(90);
  });
});
