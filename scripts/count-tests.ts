import { z } from "zod";
import { needsSimulator } from "../src/environment/scienceworld/test-simulator.test-helpers.ts";

const reportSchema = z.object({
  numFailedTests: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** How many were skipped for each reason, the most common first. */
  readonly reasons: readonly (readonly [reason: string, count: number])[];
  /** Of those skipped, how many only Java and the simulator were missing for. */
  readonly scienceWorldSkipped: number;
}

/** Counts the tests in the JSON report of the test runner. What a test needs stands in its name: "... (needs X)". */
export function countTests(report: unknown): TestCounts {
  const { success, numFailedTests, testResults } = reportSchema.parse(report);
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const skipped = tests.filter(({ status }) => /skipped|pending|todo|disabled/.test(status));
  const byReason = Map.groupBy(
    skipped,
    ({ fullName }) =>
      /\((needs [^()]*)\)/.exec(fullName)?.[1] ?? "not possible on this machine, or their data is absent",
  );
  return {
    passed: tests.filter(({ status }) => status === "passed").length,
    // A file that could not be loaded has no test that failed.
    failed: success ? 0 : Math.max(1, numFailedTests),
    skipped: skipped.length,
    reasons: [...byReason]
      .map(([reason, { length }]) => [reason, length] as const)
      .toSorted(([, one], [, other]) => other - one),
    // Recorded episodes are needed too by some: those do not count.
    scienceWorldSkipped: byReason.get(needsSimulator)?.length ?? 0,
  };
}
