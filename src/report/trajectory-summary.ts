import { isWin, type StopReason, type Trajectory } from "../trajectory.ts";
import { decimal, percent } from "./number-format.ts";
import { printableLine } from "./printable.ts";
import { mean } from "./statistics.ts";
import { textTable } from "./text-table.ts";

/** What a set of trajectories holds, as plain data. */
export interface TrajectorySummary {
  readonly trajectories: number;
  readonly tasks: number;
  readonly policies: readonly string[];
  readonly wins: number;
  /** Exactly 0. */
  readonly zeroRewards: number;
  readonly meanReward: number;
  /** Ten bins [0, 0.1), [0.1, 0.2), ... [0.9, 1), and the wins as an eleventh. */
  readonly rewardHistogram: readonly { readonly from: number; readonly trajectories: number }[];
  readonly length: Spread;
  readonly winLength: Spread;
  readonly lossLength: Spread;
  readonly actions: number;
  readonly invalidActions: number;
  /** Actions whose message holds a thought, or that are a thought themselves. */
  readonly thoughts: number;
  /** Most frequent first. */
  readonly actionKinds: readonly {
    readonly kind: string;
    readonly actions: number;
    readonly invalid: number;
  }[];
  readonly stopReasons: Readonly<Partial<Record<StopReason, number>>>;
}

/** Steps of a trajectory. All NaN where there is no trajectory (`null` in JSON). */
export interface Spread {
  readonly minimum: number;
  readonly median: number;
  readonly mean: number;
  readonly maximum: number;
}

export interface SummaryOptions {
  /** As `Environment.actionKind`; by default what stands before the first bracket or space. */
  readonly actionKind?: (action: string) => string;
}

/** Counts wins, rewards, lengths and actions. The trajectories may be of several tasks and policies. */
export function summarizeTrajectories(
  trajectories: readonly Trajectory[],
  { actionKind = leadingWord }: SummaryOptions = {},
): TrajectorySummary {
  const steps = trajectories.flatMap((trajectory) => trajectory.steps);
  const kinds = Map.groupBy(steps, (step) => actionKind(step.action));
  const stopReasons: Partial<Record<StopReason, number>> = {};
  for (const { stopReason } of trajectories) stopReasons[stopReason] = (stopReasons[stopReason] ?? 0) + 1;
  return {
    trajectories: trajectories.length,
    tasks: new Set(trajectories.map((trajectory) => trajectory.taskId)).size,
    policies: [...new Set(trajectories.map((trajectory) => trajectory.policy))],
    wins: trajectories.filter(isWin).length,
    zeroRewards: trajectories.filter((trajectory) => trajectory.reward === 0).length,
    meanReward: mean(trajectories.map((trajectory) => trajectory.reward)),
    rewardHistogram: histogram(trajectories),
    length: spread(trajectories),
    winLength: spread(trajectories.filter(isWin)),
    lossLength: spread(trajectories.filter((trajectory) => !isWin(trajectory))),
    actions: steps.length,
    invalidActions: steps.filter((step) => !step.valid).length,
    thoughts: steps.filter((step) => /^(Thought:|think\[)/m.test(step.message)).length,
    actionKinds: [...kinds]
      .map(([kind, of]) => ({ kind, actions: of.length, invalid: of.filter((step) => !step.valid).length }))
      .toSorted((left, right) => right.actions - left.actions || (left.kind < right.kind ? -1 : 1)),
    stopReasons,
  };
}

function leadingWord(action: string): string {
  return /^[^[\s]+/.exec(action)?.[0] ?? "(empty)";
}

function histogram(trajectories: readonly Trajectory[]): TrajectorySummary["rewardHistogram"] {
  const bins = Array.from({ length: 11 }, (_, index) => ({ from: index / 10, trajectories: 0 }));
  for (const { reward } of trajectories) {
    // 0.3 * 10 is 3.0000000000000004 and 0.29 * 100 is 28.999…: rounding first keeps 0.3 in its own bin.
    const bin = bins[Math.max(0, Math.min(10, Math.floor(Number((reward * 10).toFixed(9)))))];
    if (bin !== undefined) bin.trajectories++;
  }
  return bins;
}

function spread(trajectories: readonly Trajectory[]): Spread {
  const lengths = trajectories.map((trajectory) => trajectory.steps.length).toSorted((a, b) => a - b);
  const at = (index: number) => lengths[index] ?? Number.NaN;
  const half = (lengths.length - 1) / 2;
  return {
    minimum: at(0),
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    mean: mean(lengths),
    maximum: at(lengths.length - 1),
  };
}

/** For a terminal of 80 columns. */
export function trajectorySummaryToText(summary: TrajectorySummary): string {
  const { trajectories, tasks, policies, wins, zeroRewards, meanReward, actions, invalidActions, thoughts } =
    summary;
  const share = (part: number, whole: number) => `${part} (${percent(part / whole)}%)`;
  const left = { align: "left" } as const;
  const right = { align: "right" } as const;
  const facts = [
    [
      "trajectories",
      `${trajectories} of ${tasks} tasks, by ${policies.map((policy) => printableLine(policy, 30)).join(", ") || "nobody"}`,
    ],
    ["wins", share(wins, trajectories)],
    ["failures", `${share(trajectories - wins, trajectories)}, ${zeroRewards} with reward 0`],
    ["mean reward", decimal(meanReward, 3)],
    [
      "actions",
      `${actions}, invalid ${share(invalidActions, actions)}, with a thought ${share(thoughts, actions)}`,
    ],
    [
      "ended by",
      Object.entries(summary.stopReasons)
        .map(([reason, count]) => `${reason} ${count}`)
        .join(", "),
    ],
  ];
  const width = Math.max(...facts.map(([name]) => name?.length ?? 0));
  const most = Math.max(1, ...summary.rewardHistogram.map((bin) => bin.trajectories));
  const lengthRow = (name: string, { minimum, median, mean: average, maximum }: Spread) => [
    name,
    decimal(minimum, 0),
    decimal(median, 1),
    decimal(average, 1),
    decimal(maximum, 0),
  ];
  return [
    facts.map(([name, value]) => `${name?.padEnd(width)}  ${value}`).join("\n"),
    textTable(
      [
        { title: "reward", ...left },
        { title: "trajectories", ...right },
        { title: "", ...left },
      ],
      summary.rewardHistogram.map((bin) => [
        bin.from === 1 ? "1" : `${bin.from.toFixed(1)} to <${(bin.from + 0.1).toFixed(1)}`,
        String(bin.trajectories),
        "#".repeat(Math.ceil((bin.trajectories / most) * 40)),
      ]),
    ),
    textTable(
      [
        { title: "steps of", ...left },
        { title: "least", ...right },
        { title: "median", ...right },
        { title: "mean", ...right },
        { title: "most", ...right },
      ],
      [
        lengthRow("all", summary.length),
        lengthRow("wins", summary.winLength),
        lengthRow("failures", summary.lossLength),
      ],
    ),
    textTable(
      [
        { title: "action", ...left },
        { title: "times", ...right },
        { title: "share %", ...right },
        { title: "invalid", ...right },
      ],
      summary.actionKinds
        .slice(0, 20)
        .map(({ kind, actions: times, invalid }) => [
          printableLine(kind, 30),
          String(times),
          percent(times / actions),
          String(invalid),
        ]),
    ),
  ].join("\n\n");
}
