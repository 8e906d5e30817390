import {
  type EefConfig,
  eef,
  embeddedTrainer,
  rft,
  type ScienceWorldEnvironment,
  sft,
  type Trajectory,
} from "../../src/index.ts";
import type { Family, Study, Subject } from "../reproduce/study.ts";
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
    readonly expert: readonly Trajectory[];
  };
}

/** As in the comparison on the generated shop: the same number for all methods. */
const iterations = 1;
const methods = [sft(), rft({ rollouts: 6, iterations }), eef({ iterations })];

/** The comparison of the methods on short tasks of ScienceWorld. */
export function scienceWorldStudy(options: ScienceWorldStudyOptions): Study {
  const { output, base, simulators } = options;
  const settings = (seed: number): Omit<EefConfig, "name" | "output" | "seed"> => {
    const { environment, expert } = options.settings(seed);
    return {
      environment,
      experts: [{ name: "spoiled-gold", trajectories: expert }],
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
  const of = (method: string): Subject => ({ family: main.name, method });
  const baseline = "RFT x6";
  return {
    title: "Learning on ScienceWorld",
    text: [
      `SFT, RFT x6 and EEF with the embedded student on ${shortKinds.length} kinds of short tasks (examples/scienceworld tells which, why, and`,
      `what its base was pretrained on). For every seed: ${goalsPerKind.train} training goals of each kind and ${goalsPerKind.test} held-out test goals,`,
      "drawn from the benchmark's own training and test variations, which share none; one round of exploration and",
      "fine-tuning after behaviour cloning; each method's last student, greedy, each test goal once.",
      "The expert is a **stand-in**: the simulator's own solution with seeded mistakes.",
    ].join("\n"),
    stages: ["SFT", "EEF", baseline].map((method) => ({ family: main, methods: [method] })),
    tables: [
      {
        title: "Methods",
        text: "EEF simulates M = 5 states of each failed expert trajectory besides the initial one; RFT x6 has 6 rollouts for each goal.",
        rows: methods.map(({ name }) => of(name)),
        baseline,
      },
    ],
    comparisons: [
      { first: of("EEF"), second: of(baseline), expected: "above 0" },
      { first: of(baseline), second: of("SFT"), expected: "not below 0" },
      { first: of("EEF"), second: of("SFT"), expected: "above 0" },
    ],
  };
}
