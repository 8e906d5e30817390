import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../../random.ts";
import { replay } from "../../../rollout/replay.ts";
import { isWin, type Trajectory } from "../../../trajectory.ts";
import { type ScienceWorldEnvironment, scienceworld } from "../environment.ts";
import { needsSimulator, requireTestJar, testJar } from "../test-simulator.test-helpers.ts";
import { playGold, playSpoiledGold } from "./gold.ts";
import { aimlessAction, drawMistake, otherObject, spoilOptionsSchema } from "./mistakes.ts";
import { playRandomFailures } from "./random-failures.ts";

async function collect(played: AsyncIterable<Trajectory>): Promise<Trajectory[]> {
  const trajectories: Trajectory[] = [];
  for await (const trajectory of played) trajectories.push(trajectory);
  return trajectories;
}

describe("a mistake", () => {
  const random = createRandom(1);

  it("comes as often as it should, and only of possible kinds", () => {
    const options = spoilOptionsSchema.parse({ rate: 0.25 });
    const drawn = Array.from({ length: 4000 }, () => drawMistake(options, random, ["skip", "wander"]));
    const mistakes = drawn.filter((kind) => kind !== undefined);
    expect(mistakes.length / drawn.length).toBeCloseTo(0.25, 1);
    expect(new Set(mistakes)).toEqual(new Set(["skip", "wander"]));
    expect(drawMistake(spoilOptionsSchema.parse({ rate: 1 }), random, [])).toBeUndefined();
  });

  it("with a thing is the same verb with another one", () => {
    const valid = ["focus on air", "focus on sink", "open sink"];
    expect(otherObject("focus on air", valid, random)).toBe("focus on sink");
    expect(otherObject("open sink", valid, random)).toBeUndefined();
  });

  it("is refused where it is none", () => {
    const environment = { tasks: () => [], simulators: 1 } as unknown as ScienceWorldEnvironment;
    const options = { environment, rates: 0.5 };
    expect(() => playSpoiledGold(options)).toThrow(/playSpoiledGold have no "rates"/);
  });

  it("that is aimless is a look or a walk", () => {
    expect(aimlessAction(["eat apple", "go to kitchen"], random)).toBe("go to kitchen");
    expect(aimlessAction(["eat apple"], random)).toBe("look around");
  });
});

describe.skipIf(testJar === undefined)(`experts (${needsSimulator})`, () => {
  let environment: ScienceWorldEnvironment;
  beforeAll(() => {
    environment = scienceworld({
      jar: requireTestJar().file,
      tasks: ["lifespan-longest-lived", "lifespan-shortest-lived"],
      variationsPerTask: { train: 1 },
    });
  });
  afterAll(async () => {
    await environment[Symbol.asyncDispose]();
  });

  it("the gold path wins", async () => {
    const played = await collect(playGold({ environment }));
    expect(played.map(isWin)).toEqual([true, true]);
    expect(played.map(({ taskId }) => taskId)).toEqual(environment.tasks("train").map(({ id }) => id));
    expect(played[0]?.steps.at(-1)).toMatchObject({ reward: 1, done: true });
  }, 120_000);

  it("on one simulator, the same trajectories are written as on several", async () => {
    await using alone = scienceworld({
      jar: requireTestJar().file,
      tasks: ["lifespan-longest-lived", "lifespan-shortest-lived"],
      variationsPerTask: { train: 2 },
      simulators: 1,
    });
    await using several = scienceworld({
      jar: requireTestJar().file,
      tasks: ["lifespan-longest-lived", "lifespan-shortest-lived"],
      variationsPerTask: { train: 2 },
      simulators: 2,
    });
    const stepsOf = async (from: ScienceWorldEnvironment) =>
      (await collect(playSpoiledGold({ environment: from, seed: 3, rate: 0.7 }))).map(({ id, steps }) => ({
        id,
        steps,
      }));
    expect(await stepsOf(several)).toEqual(await stepsOf(alone));
  }, 120_000);

  it("the spoiled gold path is the same for a seed, is not the gold path, and its states are reached by replay", async () => {
    const tasks = environment.tasks("train").slice(0, 1);
    const spoiled = () => collect(playSpoiledGold({ environment, tasks, seed: 3, rate: 0.7 }));
    const withoutTime = (played: readonly Trajectory[]) =>
      played.map(({ usage: { seconds: _, ...usage }, ...trajectory }) => ({ ...trajectory, usage }));
    const [first] = await collect(playGold({ environment, tasks }));
    const played = await spoiled();
    expect(withoutTime(await spoiled())).toEqual(withoutTime(played));
    const [task] = tasks;
    const [trajectory] = played;
    if (task === undefined || trajectory === undefined) throw new Error("nothing was played");
    const state = trajectory.steps.length - 1;
    await using episode = await replay(environment, task, trajectory, state);
    expect(episode.observation).toBe(trajectory.steps[state - 1]?.observation);
    await episode[Symbol.asyncDispose]();
    expect(played[0]?.steps.map(({ action }) => action)).not.toEqual(
      first?.steps.map(({ action }) => action),
    );
  }, 120_000);

  it("with random failures, an expert wins as before, and otherwise does anything but focus until its steps are used up", async () => {
    const tasks = environment.tasks("train");
    const [won, lost] = await collect(playGold({ environment }));
    if (won === undefined || lost === undefined) throw new Error("nothing was played");
    const trajectories = [won, { ...lost, reward: 0.5 }];
    const played = () => collect(playRandomFailures({ environment, tasks, trajectories, seed: 4 }));
    const [kept, random] = await played();
    expect(kept).toBe(won);
    expect(random).toMatchObject({ taskId: lost.taskId, policy: "random-failures", stopReason: "done" });
    expect(random?.steps).toHaveLength(10);
    expect(random?.steps.filter(({ action }) => action.startsWith("focus"))).toEqual([]);
    const [, again] = await played();
    expect(again?.steps).toEqual(random?.steps);
  }, 120_000);
});
