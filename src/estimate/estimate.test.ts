import { describe, expect, it } from "vitest";
import { z } from "zod";
import { toyConfig } from "../../test/toy/config.ts";
import { runPipeline } from "../run/pipeline.ts";
import { readTrainingTrajectories } from "../run/read-selections.ts";
import { readRunDirectory, runPath } from "../run/run-directory.ts";
import { temporaryFolder } from "../trainer/external/stand-in.test-helpers.ts";
import type { Split } from "../trajectory.ts";
import { defaultAssumptions } from "./assumptions.ts";
import { costsOf } from "./costs.ts";
import { estimateRun } from "./estimate.ts";
import { noWork } from "./work.ts";

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
