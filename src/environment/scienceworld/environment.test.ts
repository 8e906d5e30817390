import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ReplayDivergedError } from "../../errors.ts";
import { type ScienceWorldEnvironment, scienceworld } from "./environment.ts";
import type { ScienceWorldTask } from "./splits.ts";
import { needsSimulator, requireTestJar, testJar } from "./test-simulator.test-helpers.ts";

const minute = 60_000;

it("says that the simulator is not installed", () => {
  expect(() => scienceworld({ jar: "/nowhere/scienceworld.jar" })).toThrow(/cannot be read/);
});

it.each([
  [{ stepLimit: 0 }, "stepLimit"],
  [{ stepLimit: "by-tasks" }, "stepLimit", "by-task"],
  [{ tasks: ["boyl"] }, "boyl", "boil"],
  [{ tasks: "boil" }, "tasks"],
  [{ tasks: [] }, "at least one task"],
  [{ simulators: 0 }, "simulators"],
  [{ heapMegabytes: 160 }, "heapMegabytes"],
  [{ silence: -1 }, "silence"],
  [{ variationsPerTask: { train: -1 } }, "variationsPerTask.train"],
  [{ variationsPerTask: { valid: 3 } }, "train, validation and test"],
  [{ variationsPerTask: 3 }, "variationsPerTask"],
  [{ splits: "offical" }, "splits", "official"],
  [{ reward: "finl" }, "reward", "final"],
  [{ opening: "task-and-lok" }, "opening", "task-and-look"],
  [{ leaked: "leaveout" }, "leaked", "leave-out"],
  [{ listActions: "no" }, "listActions"],
  [{ simplifications: "esay" }, "simplifications", "easy"],
  [{ simplifications: ["openDoor"] }, "openDoor", "openDoors"],
  [{ simplification: ["openDoors"] }, "simplification", "simplifications"],
])("refuses the options %j and says what is meant", (options: object, named: string, meant?: string) => {
  const hint = meant === undefined ? expect.any(String) : expect.stringContaining(`Did you mean "${meant}"?`);
  expect(() => scienceworld(options)).toThrow(
    expect.objectContaining({
      name: "ConfigurationError",
      message: expect.stringContaining(named),
      hint,
    }),
  );
});

describe.skipIf(testJar === undefined)(`an episode (${needsSimulator})`, () => {
  let environment: ScienceWorldEnvironment;
  let task: ScienceWorldTask;
  beforeAll(() => {
    environment = scienceworld({
      jar: requireTestJar().file,
      tasks: ["lifespan-longest-lived"],
      simulators: 1,
    });
    const [first] = environment.tasks("train");
    if (first === undefined) throw new Error("no task");
    task = first;
  });
  afterAll(async () => {
    await environment[Symbol.asyncDispose]();
  });

  it(
    "begins with the task, keeps the best score, and a wrong focus ends it",
    async () => {
      await using episode = await environment.start(task);
      expect(episode.observation).toMatch(/^Your task is to find the animal with the longest life span/);
      expect(episode.actions).toBeUndefined();
      const look = await episode.step("look around");
      expect(look).toMatchObject({ reward: 0, done: false, valid: true });
      expect(episode.observation).toBe(look.observation);
      const moved = await episode.step("teleport to outside");
      const wrong = await episode.step("focus on air");
      expect(wrong).toMatchObject({ reward: moved.reward, done: true });
      await expect(episode.step("look around")).rejects.toThrow(/is over/);
    },
    minute,
  );

  it(
    "does not change with what is no action",
    async () => {
      await using episode = await environment.start(task);
      for (const action of ["no such thing", "look\naround", "\u0000", "a".repeat(5000)]) {
        expect(await episode.step(action)).toMatchObject({ valid: false, done: false, reward: 0 });
      }
      const snapshot = episode.snapshot();
      await episode[Symbol.asyncDispose]();
      await using restored = await environment.restore(snapshot);
      expect((await restored.step("task")).valid).toBe(true);
    },
    minute,
  );

  it(
    "ends at the task's limit of steps",
    async () => {
      await using episode = await environment.start(task);
      for (let step = 1; step <= 10; step++) {
        expect((await episode.step("inventory")).done).toBe(step === 10);
      }
    },
    minute,
  );

  it(
    "is reached again from a snapshot, and goes on as it did",
    async () => {
      const episode = await environment.start(task);
      await episode.step("teleport to outside");
      await episode.step("wait1");
      const snapshot = structuredClone(episode.snapshot());
      const next = await episode.step("look around");
      await episode[Symbol.asyncDispose]();
      const { reached } = environment.replays();
      await using restored = await environment.restore(snapshot);
      expect(await restored.step("look around")).toEqual(next);
      expect(environment.replays()).toEqual({ reached: reached + 1, diverged: [] });
    },
    minute,
  );

  it(
    "that cannot be reached is named and counted",
    async () => {
      const step = { action: "inventory", observation: "Nothing.", score: 0, completed: false };
      await using episode = await environment.start(task);
      await episode.step("look around");
      const { look, steps } = episode.snapshot();
      await episode[Symbol.asyncDispose]();
      const other = { taskId: task.id, look, steps: [...steps, step] };
      const restoring = environment.restore(other);
      await expect(restoring).rejects.toThrow(ReplayDivergedError);
      await expect(restoring).rejects.toMatchObject({ trajectoryId: task.id, stepIndex: 2 });
      expect(environment.replays().diverged).toHaveLength(1);
      await expect(environment.restore({ ...other, taskId: "scienceworld-train-other-1" })).rejects.toThrow(
        /does not have/,
      );
      await expect(environment.restore("nonsense")).rejects.toThrow(/Expected a snapshot/);
    },
    minute,
  );

  it(
    "waits until a simulator is free",
    async () => {
      const first = await environment.start(task);
      const second = environment.start(task);
      const early = await Promise.race([second, new Promise((resolve) => setTimeout(resolve, 200, "waits"))]);
      expect(early).toBe("waits");
      await first[Symbol.asyncDispose]();
      await (await second)[Symbol.asyncDispose]();
    },
    minute,
  );

  it(
    "of a task that the simulator does not have does not begin, and takes no simulator away",
    async () => {
      await expect(environment.start({ ...task, task: "no-task" })).rejects.toThrow(/Unknown task/);
      await expect(environment.start({ ...task, variation: 999 })).rejects.toThrow(/\(999\) exceeds/);
      await using episode = await environment.start(task);
      expect((await episode.step("inventory")).valid).toBe(true);
    },
    minute,
  );

  it(
    "that was closed takes no steps, not even in the simulator of another one",
    async () => {
      const closed = await environment.start(task);
      await closed[Symbol.asyncDispose]();
      await using _ = await environment.start(task);
      await expect(closed.step("inventory")).rejects.toThrow(/was closed/);
    },
    minute,
  );

  it(
    "can show the room and list what can be done",
    async () => {
      await using talkative = scienceworld({
        jar: requireTestJar().file,
        opening: "task-and-look",
        listActions: true,
      });
      const [boil] = talkative.tasks("test");
      if (boil === undefined) throw new Error("no task");
      await using episode = await talkative.start(boil);
      expect(episode.observation).toMatch(/^Your task is to boil[^\n]*\nThis room is called/);
      expect(episode.actions).toContain("look around");
      await episode.step("teleport to kitchen");
      expect(episode.actions).toContain("activate stove");
    },
    minute,
  );

  it(
    "whose actions are listed has the same ones in a state that is restored; others are a divergence",
    async () => {
      await using listing = scienceworld({
        jar: requireTestJar().file,
        tasks: ["lifespan-longest-lived"],
        listActions: true,
        simulators: 1,
      });
      const episode = await listing.start(task);
      await episode.step("teleport to outside");
      const snapshot = structuredClone(episode.snapshot());
      const listed = episode.actions;
      await episode[Symbol.asyncDispose]();
      const restored = await listing.restore(snapshot);
      expect(restored.actions).toEqual(listed);
      await restored[Symbol.asyncDispose]();
      await expect(listing.restore({ ...snapshot, actions: "others" })).rejects.toThrow(ReplayDivergedError);
      expect(listing.replays()).toMatchObject({ reached: 1, diverged: [{ stepIndex: 1 }] });
    },
    minute,
  );

  it(
    "can show each room on arrival, which costs no step and is seen again in a state that is restored",
    async () => {
      await using looking = scienceworld({
        jar: requireTestJar().file,
        tasks: ["lifespan-longest-lived"],
        lookOnArrival: true,
      });
      const episode = await looking.start(task);
      await episode.step("teleport to hallway");
      const arrived = await episode.step("go to kitchen");
      const looked = await episode.step("look around");
      expect(arrived.observation.trimEnd()).toBe(`You move to the kitchen.\n${looked.observation}`.trimEnd());
      expect((await episode.step("go to no such room")).observation).not.toContain("In it, you see");
      const snapshot = episode.snapshot();
      await episode[Symbol.asyncDispose]();
      expect(snapshot.steps).toHaveLength(4);
      await using _ = await looking.restore(snapshot);
      expect(looking.replays()).toEqual({ reached: 1, diverged: [] });
    },
    minute,
  );
});
