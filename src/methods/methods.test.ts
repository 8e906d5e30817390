import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../errors.ts";
import { eef } from "./eef.ts";
import { door, doorContext, expertTrajectory, keyOf } from "./locks.test-helpers.ts";
import { rft } from "./rft.ts";
import { sft } from "./sft.ts";

const easyDoors = [door("easy 1", ["sun"]), door("easy 2", ["moon", "sun"]), door("easy 3", ["sun", "sun"])];
// Only hard doors show the star, and there the expert, having found its key, leaves too early.
const hardDoors = [door("hard 1", ["sun", "star"]), door("hard 2", ["star", "moon", "sun"])];
const doors = [...easyDoors, ...hardDoors];

const expertTrajectories = await Promise.all(
  doors.map((task) => {
    const opening = task.symbols.map(keyOf);
    const actions = task.id.startsWith("hard") ? [...opening, "leave"] : [...opening, "push"];
    return expertTrajectory(task, actions, `expert on ${task.id}`);
  }),
);

const world = () => doorContext(doors, expertTrajectories);

describe("SFT", () => {
  test("clones the expert's wins and explores nothing", async () => {
    const context = world();
    const student = await sft().run(context);
    expect(context.requests).toEqual([]);
    expect(context.trainings.map(({ examples }) => examples.map(({ taskId }) => taskId))).toEqual([
      ["easy 1", "easy 2", "easy 3"],
    ]);
    expect(await context.winRate(student, easyDoors)).toBe(1);
    expect(await context.winRate(student, hardDoors)).toBe(0);
    expect(context.finished).toEqual([{ iteration: 0, policy: student.version }]);
  });

  test("leaves the base model as it is if the expert never wins", async () => {
    const failure = await expertTrajectory(door("easy 1", ["sun"]), ["leave"], "failure");
    const context = doorContext([door("easy 1", ["sun"])], [failure]);
    expect(await sft().run(context)).toEqual(context.base);
    expect(context.trainings).toEqual([]);
  });
});

describe("EEF", () => {
  test("learns from failed experts what neither cloning nor RFT with the same budget learns", async () => {
    const [ofEef, ofRft] = [world(), world()];
    const student = await eef().run(ofEef);
    const baseline = await rft({ rollouts: 6 }).run(ofRft);
    expect(await ofEef.winRate(student, doors)).toBe(1);
    expect(await ofRft.winRate(baseline, easyDoors)).toBe(1);
    expect(await ofRft.winRate(baseline, hardDoors)).toBe(0);
    expect(ofEef.requests.length).toBeLessThanOrEqual(ofRft.requests.length);
  });

  test("simulates at most 1 + M states of a task in an iteration", async () => {
    const context = world();
    await eef({ simulatedStates: 2, iterations: 2 }).run(context);
    const perTaskAndIteration = Map.groupBy(context.requests, (request) =>
      JSON.stringify([request.task.id, request.iteration]),
    );
    expect(perTaskAndIteration.size).toBe(2 * doors.length);
    for (const requests of perTaskAndIteration.values()) expect(requests.length).toBeLessThanOrEqual(3);
  });

  test("explores expert wins only if told to", async () => {
    const [failures, all] = [world(), world()];
    await eef({ iterations: 1 }).run(failures);
    await eef({ iterations: 1, explore: "all" }).run(all);
    const explored = ({ requests }: typeof all) =>
      new Set(requests.flatMap(({ from }) => from?.trajectory.taskId ?? []));
    expect([...explored(failures)]).toEqual(["hard 1", "hard 2"]);
    // "easy 1" is opened by two actions, so its only state to simulate is the one after the first.
    expect([...explored(all)]).toEqual(doors.map(({ id }) => id));
  });

  test("starts each fine-tuning from the base, or from the student if told to continue", async () => {
    const [base, continued] = [world(), world()];
    await eef({ iterations: 2 }).run(base);
    await eef({ iterations: 2, trainFrom: "continue" }).run(continued);
    expect(new Set(base.trainings.map(({ from }) => from))).toEqual(new Set([base.base.version]));
    expect(continued.trainings.map(({ from }) => from)).toEqual([
      continued.base.version,
      ...continued.finished.slice(0, -1).map(({ policy }) => policy),
    ]);
  });

  test("reports every iteration once, behaviour cloning first", async () => {
    const context = world();
    await eef().run(context);
    expect(context.finished.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3]);
    expect(context.selections.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3]);
  });

  test("never learns to leave, the expert's last and wrong action", async () => {
    const context = world();
    await eef().run(context);
    const targets = context.trainings.flatMap(({ examples }) =>
      examples.flatMap(({ messages, weights }) => messages.filter((_, index) => weights[index] === 1)),
    );
    expect(targets.map(({ content }) => content)).not.toContain("Action: leave");
  });
});

describe("RFT", () => {
  test.each([1, 6])("with %i rollouts is EEF with M = 0", async (rollouts) => {
    const [ofRft, ofEef] = [world(), world()];
    const options = { iterations: 3, temperature: 0.7 };
    const students = [
      await rft({ rollouts, ...options }).run(ofRft),
      await eef({ simulatedStates: 0, simulationsPerState: rollouts, ...options }).run(ofEef),
    ];
    expect(ofRft.requests).toEqual(ofEef.requests);
    expect(ofRft.trainings).toEqual(ofEef.trainings);
    expect(ofRft.selections).toEqual(ofEef.selections);
    expect(ofRft.finished).toEqual(ofEef.finished);
    expect(students[0]).toEqual(students[1]);
  });

  test("is named after its budget", () => {
    expect([rft().name, rft({ rollouts: 6 }).name, rft({ name: "mine" }).name]).toEqual([
      "RFT",
      "RFT x6",
      "mine",
    ]);
  });
});

test("a run repeated gives the same requests, datasets and student", async () => {
  const [once, again] = [world(), world()];
  const students = [await eef().run(once), await eef().run(again)];
  expect(students[0]).toEqual(students[1]);
  expect(once.requests).toEqual(again.requests);
  expect(once.trainings).toEqual(again.trainings);
});

describe("options", () => {
  test.each([
    () => eef({ simulatedStates: -1 }),
    () => eef({ simulationsPerState: 0 }),
    () => eef({ solutionsPerImportantState: 0.5 }),
    () => rft({ rollouts: 0 }),
    () => rft({ temperature: Number.NaN }),
  ])("that are impossible are refused when the method is made: %s", (make) => {
    expect(make).toThrow(ConfigurationError);
  });

  test("that are unknown are refused by name, for nothing else checks a configuration's spelling", () => {
    const misspelt: object = { simulatedState: 3 };
    expect(() => eef(misspelt)).toThrow(/eef\(\).*simulatedState/);
    expect(() => rft(misspelt)).toThrow(ConfigurationError);
    expect(() => sft(misspelt)).toThrow(ConfigurationError);
  });

  test("are recorded in full, with their defaults", () => {
    expect(eef({ simulatedStates: 3 }).options).toEqual({
      simulatedStates: 3,
      simulationsPerState: 1,
      stateWins: "any",
      iterations: 3,
      temperature: 0.7,
      solutionsPerImportantState: 1,
      keepExpertWins: true,
      trainFrom: "base",
      explore: "failures",
      lossOnExpertActions: true,
      keepHarmfulActions: false,
    });
  });
});
