import {
  type ActionLabel,
  type LabelledTrajectory,
  type Outcome,
  transitionLabel,
} from "../../src/methods/labels.ts";
import { bootstrapMean, type Interval, mean, type TaskValues } from "../../src/report/statistics.ts";

/** What further simulations of the same two states say about the segments that one simulation each gave a label. */
export interface LabelReliability {
  readonly label: ActionLabel;
  /** What the simulation that made the label saw of the state before the segment: its share of wins is 0 or 1. */
  readonly before: Outcome;
  /** Segments with this label, on average over the simulations that can make it. */
  readonly segments: number;
  /** Share of wins of the other simulations of the state before the segment, and of the one after it. */
  readonly winsBefore: number;
  readonly winsAfter: number;
  /** `winsAfter - winsBefore`, averaged by task. */
  readonly change: Interval;
  /** How often another pair of simulations gives the same label. */
  readonly repeated: number;
}

/** One segment, labelled by one simulation of each of its states. */
interface Judged {
  readonly taskId: string;
  readonly label: ActionLabel;
  readonly before: Outcome;
  /** Outcomes of the other simulations of the state before, and of the one after: 1 or 0. */
  readonly othersBefore: readonly number[];
  readonly othersAfter: readonly number[];
  /** The labels that the other simulations give, one for each pair. */
  readonly otherLabels: readonly ActionLabel[];
}

/**
 * Takes each of the simulations of the states in turn for the one that the method would have made, labels by it, and
 * asks the others.
 *
 * @param runs For each run (seed) its labelled trajectories, each state with several simulations.
 */
export function measureLabels(runs: readonly (readonly LabelledTrajectory[])[]): LabelReliability[] {
  const judged = runs.map((trajectories) => trajectories.flatMap(judgeSegments));
  const simulations = Math.max(
    0,
    ...runs.flat().flatMap(({ states }) => states.map((state) => state.simulations.length)),
  );
  const kinds: readonly (readonly [ActionLabel, Outcome])[] = [
    ["beneficial", "loss"],
    ["harmful", "win"],
    ["neutral", "win"],
    ["neutral", "loss"],
  ];
  return kinds.flatMap(([label, before]) => {
    const ofKind = judged.map((run) => run.filter((each) => each.label === label && each.before === before));
    const all = ofKind.flat();
    if (all.length === 0) return [];
    return {
      label,
      before,
      segments: all.length / simulations,
      winsBefore: mean(all.flatMap(({ othersBefore }) => othersBefore)),
      winsAfter: mean(all.flatMap(({ othersAfter }) => othersAfter)),
      change: changeOver(ofKind),
      repeated: mean(all.flatMap(({ otherLabels }) => otherLabels.map((other) => (other === label ? 1 : 0)))),
    };
  });
}

function judgeSegments({ taskId, states }: LabelledTrajectory): Judged[] {
  return states.slice(1).flatMap((after, index) => {
    const before = states[index];
    if (before === undefined) return [];
    const samples = Math.min(before.simulations.length, after.simulations.length);
    const outcomesBefore = before.simulations.map(({ outcome }) => outcome);
    const outcomesAfter = after.simulations.map(({ outcome }) => outcome);
    const labels = Array.from({ length: samples }, (_, sample) =>
      transitionLabel(outcomesBefore[sample] ?? "unknown", outcomesAfter[sample] ?? "unknown"),
    );
    return labels.map((label, sample) => ({
      taskId,
      label,
      before: outcomesBefore[sample] ?? "unknown",
      othersBefore: winsOf(outcomesBefore.toSpliced(sample, 1)),
      othersAfter: winsOf(outcomesAfter.toSpliced(sample, 1)),
      otherLabels: labels.toSpliced(sample, 1).filter((other) => other !== "unknown"),
    }));
  });
}

/** Simulations that say nothing are left out. */
function winsOf(outcomes: readonly Outcome[]): number[] {
  return outcomes.filter((outcome) => outcome !== "unknown").map((outcome) => (outcome === "win" ? 1 : 0));
}

/** Runs may have different tasks of one id, so ids do not pair them. */
function changeOver(runs: readonly (readonly Judged[])[]): Interval {
  const changes = runs.map(changeByTask).filter((run) => run.size > 0);
  return bootstrapMean(changes, { seed: 1, sharedTasks: false });
}

function changeByTask(judged: readonly Judged[]): TaskValues {
  const byTask = Map.groupBy(judged, ({ taskId }) => taskId);
  const changes = [...byTask].map(([taskId, of]): [string, number] => [
    taskId,
    mean(of.flatMap(({ othersAfter }) => othersAfter)) - mean(of.flatMap(({ othersBefore }) => othersBefore)),
  ]);
  return new Map(changes.filter(([, change]) => Number.isFinite(change)));
}
