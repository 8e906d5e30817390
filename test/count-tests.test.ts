import { expect, it } from "vitest";
import { countTests } from "../scripts/count-tests.ts";
import { needsSimulator } from "../src/environment/scienceworld/test-simulator.test-helpers.ts";

const report = (success: boolean, ...tests: readonly (readonly [status: string, fullName: string])[]) => ({
  success,
  numFailedTests: tests.filter(([status]) => status === "failed").length,
  testResults: [{ assertionResults: tests.map(([status, fullName]) => ({ status, fullName })) }],
});

it("what was skipped is counted by what it needs, and ScienceWorld's by itself", () => {
  const counts = countTests(
    report(
      true,
      ["passed", "a"],
      ["skipped", `the simulator (${needsSimulator}) plays`],
      ["pending", `a tour (${needsSimulator}) looks`],
      ["skipped", "on WebGPU"],
    ),
  );
  expect(counts).toMatchObject({ passed: 1, failed: 0, skipped: 3, scienceWorldSkipped: 2 });
  expect(counts.reasons).toEqual([
    [needsSimulator, 2],
    ["not possible on this machine, or their data is absent", 1],
  ]);
});

it("a file that could not be loaded is a failure, though no test failed", () => {
  expect(countTests(report(false, ["passed", "a"]))).toMatchObject({ passed: 1, failed: 1 });
});
