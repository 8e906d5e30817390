import { z } from "zod";
import type { Method } from "../../src/methods/method.ts";
import { type EefConfig, methodSlug, type RunConfig, resolveConfig } from "../../src/run/config.ts";
import { runPath } from "../../src/run/run-directory.ts";

/** Runs that differ in their seed only: one run directory for each seed. */
export interface Family {
  readonly name: string;
  /** The folder of its run directories. */
  readonly output: string;
  runName(seed: number): string;
  /** What is run. May depend on the seed, for instance have a catalogue for each. */
  settings(seed: number): Omit<EefConfig, "name" | "output" | "seed">;
}

/** Methods of one family that are run together: first for every seed, before the next stage begins. */
export interface Stage {
  readonly family: Family;
  /** Names as in the family's settings. */
  readonly methods: readonly string[];
  /** How `--methods` names the stage as a whole; absent if only its methods have names there. */
  readonly key?: string;
}

/** A method of a family, or its expert (the first one), over all seeds. */
export interface Subject {
  readonly family: string;
  readonly method: string | "expert";
}

/** A table of results, in the order of its rows. */
export interface TablePlan {
  readonly title: string;
  readonly text: string;
  readonly rows: readonly Subject[];
  /** The method of these rows that the others are compared with. */
  readonly baseline: string;
}

/** A difference that the study is about: `first` minus `second`. */
export interface ComparisonPlan {
  readonly first: Subject;
  readonly second: Subject;
  /** What the paper leads one to expect of the difference in win rate. */
  readonly expected: Expectation;
}

export type Expectation = "above 0" | "not below 0" | "not above 0" | "below 0";

export interface Study {
  readonly title: string;
  readonly text: string;
  /** In the order of the work: whatever comes first is the first to be known for all seeds. */
  readonly stages: readonly Stage[];
  readonly tables: readonly TablePlan[];
  readonly comparisons: readonly ComparisonPlan[];
}

export function runConfig(family: Family, seed: number): RunConfig {
  const { name, output } = runOf(family, seed);
  return resolveConfig({ ...family.settings(seed), name, output, seed }, `the run ${name}`);
}

/** Absolute path of the run directory of a seed. */
export function runDirectoryPath(family: Family, seed: number): string {
  return runPath(runOf(family, seed));
}

function runOf({ output, runName }: Family, seed: number): { name: string; output: string } {
  return { name: runName(seed), output };
}

/** The families in the order in which they first appear. */
export function familiesOf({ stages }: Study): Family[] {
  return [...new Set(stages.map((stage) => stage.family))];
}

/** How `--methods` names a method of a stage: "rft-x6", or "random-failures" for all methods of such a stage. */
export function methodKey({ key }: Stage, method: string): string {
  return key ?? methodSlug(method);
}

/** A method's student of this iteration is its result. Behaviour cloning, which has no iterations, ends at 0. */
export function lastIteration({ options }: Pick<Method, "options">): number {
  return z.object({ iterations: z.number().default(0) }).parse(options).iterations;
}
