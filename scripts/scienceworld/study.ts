import {
  type EefConfig,
  eef,
  embeddedTrainer,
  rft,
  type ScienceWorldEnvironment,
  sft,
} from "../../src/index.ts";
import type { Family, Study, Subject } from "../reproduce/study.ts";
import type { ExpertTrajectories } from "./experts.ts";
import { goalsPerKind, shortKinds } from "./goals.ts";

export interface ScienceWorldStudyOptions {
  /** The folder of run directories. */
  readonly output: string;
  /** Directory of the base checkpoint. */
  readonly base: string;
  /** Episodes at once, each with a simulator of its own. */
  readonly simulators: number;
  /** What a seed is played on and with. */
  settings(seed: number): {
    readonly environment: ScienceWorldEnvironment;
    readonly experts: ExpertTrajectories;
  };
}

/** As in the comparison on the generated shop: the same number for all methods. */
const iterations = 1;
const explore = eef({ iterations });
const methods = [sft(), rft({ rollouts: 6, iterations }), explore];

/** The comparison of the methods on short tasks of ScienceWorld. */
export function scienceWorldStudy(options: ScienceWorldStudyOptions): Study {
  const { output, base, simulators } = options;
  const settings = (seed: number): Omit<EefConfig, "name" | "output" | "seed"> => {
    const { environment, experts } = options.settings(seed);
    return {
      environment,
      experts: [{ name: "spoiled-gold", trajectories: experts.spoiledGold }],
      trainer: embeddedTrainer({
        base,
        // Many small steps on few transcripts; chosen by SFT alone, on validation variations.
        epochs: 8,
        batchTokens: 512,
        learningRate: 1e-3,
        policy: { maximumSequences: 32, maximumNewTokens: 40 },
      }),
      methods,
      // The protocol's own limits are 10 to 15 steps, by kind of task.
      rollout: { maximumSteps: 15, concurrency: simulators },
    };
  };
  const main: Family = { name: "main", output, runName: (seed) => `seed-${seed}`, settings };
  const randomFailures: Family = {
    name: "random failures",
    output,
    runName: (seed) => `random-failures-seed-${seed}`,
    settings: (seed) => ({
      ...settings(seed),
      experts: [{ name: "random-failures", trajectories: options.settings(seed).experts.randomFailures }],
      methods: [explore],
    }),
  };
  const of = (method: string): Subject => ({ family: main.name, method });
  const withRandomFailures: Subject = { family: randomFailures.name, method: explore.name };
  const baseline = "RFT x6";
  return {
    title: "Learning on ScienceWorld",
    text: [
      `SFT, RFT x6 and EEF with the embedded student on ${shortKinds.length} kinds of short tasks (examples/scienceworld tells which, why, and`,
      `what its base was pretrained on). For every seed: ${goalsPerKind.train} training goals of each kind and ${goalsPerKind.test} held-out test goals,`,
      "drawn from the benchmark's own training and test variations, which share none (the goals of two seeds overlap: there are",
      "32 test variations of a life-span kind); one round of exploration and fine-tuning after behaviour cloning; each method's",
      "last student, greedy, each test goal once.",
      "The expert is a **stand-in**: the simulator's own solution with seeded mistakes.",
    ].join("\n"),
    stages: [
      ...["SFT", "EEF", baseline].map((method) => ({ family: main, methods: [method] })),
      { family: randomFailures, methods: [explore.name], key: "random-failures" },
    ],
    tables: [
      {
        title: "Methods",
        text: "EEF simulates M = 5 states of each failed expert trajectory besides the initial one; RFT x6 has 6 rollouts for each goal.",
        rows: methods.map(({ name }) => of(name)),
        baseline,
      },
      {
        title: "Failures that hold nothing",
        text: [
          "The expert `random-failures` has the very wins of `spoiled-gold`, and random actions where that fails. So behaviour cloning",
          "and RFT x6 are those above; only EEF learns from failures.",
        ].join("\n"),
        rows: [withRandomFailures],
        baseline: explore.name,
      },
    ],
    comparisons: [
      { first: of("EEF"), second: of(baseline), expected: "above 0" },
      { first: of(baseline), second: of("SFT"), expected: "not below 0" },
      { first: of("EEF"), second: of("SFT"), expected: "above 0" },
      { first: withRandomFailures, second: of(baseline), expected: "not above 0" },
      { first: withRandomFailures, second: of("EEF"), expected: "below 0" },
    ],
  };
}
