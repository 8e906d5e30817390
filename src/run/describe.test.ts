import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { toyConfig } from "../../test/toy/config.ts";
import { doors } from "../../test/toy/doors.ts";
import { describeConfig, differences } from "./describe.ts";

const base = { location: "somewhere", version: "v1" };
const config = toyConfig(tmpdir());

test("what decides the results is described; where and how fast it runs is not", () => {
  const same = {
    ...config,
    output: "elsewhere",
    expectedMinutes: 3,
    rollout: { ...config.rollout, concurrency: 1 },
  };
  expect(describeConfig(same, { ...base, location: "elsewhere" })).toEqual(describeConfig(config, base));
});

test("other tasks, another base, or other settings of a trainer are another run", () => {
  const described = describeConfig(config, base);
  const changed = (change: object, from = base) =>
    differences(described, describeConfig({ ...config, ...change }, from));
  expect(changed({ environment: doors({ train: 24, validation: 4, test: 12 }, 2) })).toEqual([
    expect.stringMatching(/^environment\.trainTasks: /),
    expect.stringMatching(/^environment\.evaluationTasks: /),
  ]);
  expect(changed({}, { ...base, version: "v2" })).toEqual(['trainer.base: "v1" there, "v2" here']);
  const trainer = { ...config.trainer, describe: () => ({ epochs: 3 }) };
  expect(changed({ trainer })).toEqual(["trainer.epochs: null there, 3 here"]);
});

test("differences name the place and both values", () => {
  expect(differences({ a: [1, { b: "x" }], c: null }, { a: [1, { b: "y" }], c: null })).toEqual([
    'a.1.b: "x" there, "y" here',
  ]);
  expect(differences({ a: [1] }, { a: [1, 2] })).toEqual(["a: [1] there, [1,2] here"]);
});
