import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { toyConfig } from "../../test/toy/config.ts";
import { porter } from "../../test/toy/porter.ts";
import { ConfigurationError } from "../errors.ts";
import { sft } from "../methods/sft.ts";
import { methodSlug, resolveConfig } from "./config.ts";

const { environment, trainer } = toyConfig(tmpdir());
const least = { name: "small", environment, trainer, experts: [{ policy: porter() }], methods: [sft()] };

function errorOf(config: unknown): ConfigurationError {
  try {
    resolveConfig(config);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

test("everything but name, environment, experts, trainer and methods has a default", () => {
  expect(resolveConfig(least)).toMatchObject({
    seed: 1,
    tasks: {},
    rollout: { maximumSteps: 15, concurrency: 64 },
    evaluation: { split: "test", temperature: 0, iterations: "last" },
    output: "runs",
    experts: [{ trajectoriesPerTask: 1, temperature: 1 }],
  });
});

test("a resolved configuration is one that can be resolved again, unchanged", () => {
  const once = resolveConfig(least);
  expect(resolveConfig(once)).toEqual(once);
});

test("an unknown key is refused, and the nearest known one suggested, at every level", () => {
  expect(errorOf({ ...least, sead: 3 })).toMatchObject({
    message: 'the configuration has an unknown key "sead".',
    hint: expect.stringContaining('Did you mean "seed"?'),
  });
  expect(errorOf({ ...least, rollout: { maximalSteps: 3 } }).hint).toContain('"maximumSteps"');
  expect(errorOf({ ...least, evaluation: { temprature: 3 } }).message).toContain("at evaluation");
  expect(errorOf({ ...least, experts: [{ policy: porter(), trajectoriesPerTaks: 2 }] })).toMatchObject({
    message: 'the configuration at experts.0 has an unknown key "trajectoriesPerTaks".',
    hint: expect.stringContaining('"trajectoriesPerTask"'),
  });
  expect(errorOf({ ...least, colour: 1 }).hint).toMatch(/^Known keys are name, seed/);
});

test("a value of the wrong kind is refused with its place", () => {
  expect(errorOf({ ...least, environment: { name: "nothing" } }).message).toContain(
    "at environment: expected an Environment",
  );
  expect(errorOf({ ...least, experts: [] }).message).toContain("name at least one expert");
  expect(errorOf({ ...least, name: "a/b" }).message).toContain("usable as a folder name");
  expect(errorOf({ ...least, name: ".." }).message).toContain("usable as a folder name");
});

test("two methods whose files would collide are refused", () => {
  expect(errorOf({ ...least, methods: [sft(), sft()] }).message).toContain("Two methods");
  expect(errorOf({ ...least, methods: [sft({ name: "a b" }), sft({ name: "A-B" })] }).hint).toContain(
    "another name",
  );
});

test("a method's name becomes a file name", () => {
  expect(methodSlug("RFT x6")).toBe("rft-x6");
  expect(methodSlug("EEF, M = 1")).toBe("eef-m-1");
});
