import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ScienceWorldEnvironment, scienceworld } from "../environment.ts";
import { needsSimulator, requireTestJar, testJar } from "../test-simulator.test-helpers.ts";
import { shortestWay } from "./errands.ts";
import { tourRooms } from "./tour.ts";

describe.skipIf(testJar === undefined)(`a tour (${needsSimulator})`, () => {
  const environments: ScienceWorldEnvironment[] = [];
  const worldWith = (simplifications: "easy" | readonly []) => {
    const environment = scienceworld({
      jar: requireTestJar().file,
      tasks: ["find-animal"],
      variationsPerTask: { train: 1 },
      simplifications,
    });
    environments.push(environment);
    const [task] = environment.tasks("train");
    if (task === undefined) throw new Error("no task");
    return { environment, task };
  };
  let easy: ReturnType<typeof worldWith>;
  beforeAll(() => {
    easy = worldWith("easy");
  });
  afterAll(async () => {
    for (const environment of environments) await environment[Symbol.asyncDispose]();
  });

  it("sees every room, and can walk from each to each", async () => {
    const house = await tourRooms(easy.environment, easy.task);
    expect(house.size).toBe(10);
    expect(house.get("kitchen")?.things).toContain("stove");
    for (const from of house.keys()) {
      for (const to of house.keys()) expect(shortestWay(house, from, to).at(-1) ?? from).toBe(to);
    }
  }, 60_000);

  it("needs to go everywhere at once", async () => {
    const { environment, task } = worldWith([]);
    await expect(tourRooms(environment, task)).rejects.toThrow(/could not be looked at/);
  }, 60_000);
});
