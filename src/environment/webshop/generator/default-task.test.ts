import { describe, expect, it } from "vitest";
import { rollout } from "../../../rollout/rollout.ts";
import { isWin, type Split, splitSchema, type Trajectory } from "../../../trajectory.ts";
import {
  createRandomFailuresExpert,
  createScriptedExpert,
  createWeakScriptedExpert,
} from "../expert/index.ts";
import { assertNoLeak } from "../splits.ts";
import { createAnswerFinder } from "./answers.ts";
import { createDefaultTask } from "./default-task.ts";
import { findSharedAnswers, splitByAnswer } from "./splits.ts";

const maximumSteps = 15;
const { environment, goals, describe: describeTask } = createDefaultTask();
const finder = createAnswerFinder(environment.shop);

/** One episode for each task of a split, with the task's number as its seed. */
function play(policy: Parameters<typeof rollout>[1]["policy"], split: Split): Promise<Trajectory[]> {
  return Promise.all(
    environment
      .tasks(split)
      .map((task, seed) =>
        rollout(
          { id: task.id, kind: "expert", task, seed, temperature: 1, maximumSteps },
          { environment, policy },
        ),
      ),
  );
}

const winRate = (trajectories: readonly Trajectory[]) =>
  trajectories.filter(isWin).length / trajectories.length;

describe("the default task", () => {
  it("has 200 training, 100 validation and 200 test goals", () => {
    expect(splitSchema.options.map((split) => goals[split].length)).toEqual([200, 100, 200]);
  });

  it("has splits that share no product, no words, and no product that answers goals of both", () => {
    expect(() => assertNoLeak(goals)).not.toThrow();
    expect(findSharedAnswers(goals, finder).map(({ goals: shared }) => shared)).toEqual([0, 0, 0]);
  });

  it("gives full reward for a goal's own product with the goal's own options", () => {
    for (const goal of splitSchema.options.flatMap((split) => goals[split])) {
      expect(finder.isWinnable(goal), goal.instruction).toBe(true);
      expect(finder.answers(goal)).toContain(goal.asin);
    }
  });

  it("is the same for the same seed and another for another", () => {
    const small = { catalogue: { products: 300 }, goals: { train: 5, validation: 5, test: 5 } };
    const once = createDefaultTask(small).goals;
    expect(createDefaultTask(small).goals).toEqual(once);
    expect(createDefaultTask({ ...small, seed: 2 }).goals).not.toEqual(once);
  });

  it("says how hard it is", () => {
    const text = describeTask();
    expect(text).toContain("train: 200 goals");
    expect(text).toContain("test goals also in train: 0 by product, 0 by words, 0 by a product");
  });

  it("refuses to make more goals than the catalogue has", () => {
    const sizes = { train: 300, validation: 0, test: 0 };
    expect(() => splitByAnswer(goals.train, finder, { seed: 1, sizes })).toThrow(/expected 300 train goals/);
  });
});

describe("the scripted expert on the default task", () => {
  const expert = createScriptedExpert();
  const played = play(expert, "train");

  it("wins at least 97% of the goals where it makes no mistakes, so what it writes suffices", async () => {
    const flawless = createScriptedExpert({ mistakes: 0 });
    for (const split of splitSchema.options)
      expect(winRate(await play(flawless, split))).toBeGreaterThanOrEqual(0.97);
  });

  it("wins 30 to 42% of the training goals", async () => {
    const trajectories = await played;
    expect(winRate(trajectories)).toBeGreaterThanOrEqual(0.3);
    expect(winRate(trajectories)).toBeLessThanOrEqual(0.42);
    expect(trajectories.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  it("fails after doing something useful: most failures open a product, many turn pages or go back", async () => {
    const failures = (await played).filter((trajectory) => !isWin(trajectory));
    const share = (pattern: RegExp) =>
      failures.filter(({ steps }) => steps.some(({ action }) => pattern.test(action))).length /
      failures.length;
    expect(share(/^click\[\d\d[A-Z]{2}\]$/)).toBeGreaterThan(0.9);
    expect(share(/^click\[(Next >|< Prev)\]$/)).toBeGreaterThan(0.4);
  });

  it("has a weaker colleague", async () => {
    expect(winRate(await play(createWeakScriptedExpert(), "train"))).toBeLessThan(
      winRate(await played) - 0.05,
    );
  });

  it("has a colleague with the same wins and useless failures", async () => {
    const randomFailures = createRandomFailuresExpert({ expert, environment, maximumSteps });
    const originals = await played;
    const trajectories = await play(randomFailures, "train");
    for (const [index, trajectory] of trajectories.entries()) {
      const original = originals[index];
      if (original !== undefined && isWin(original)) expect(trajectory.steps).toEqual(original.steps);
      else expect(trajectory.steps).not.toEqual(original?.steps);
    }
    expect(winRate(trajectories)).toBeCloseTo(winRate(originals), 2);
  });
});
