import { createHash } from "node:crypto";
import { isWin, type Trajectory } from "../trajectory.ts";
import { simulationOutcome } from "./labels.ts";
import type { Simulation } from "./simulation.ts";

/** A member of `D+`: all that solutions are chosen by, without the transcript. */
export interface Win {
  /** Of the trajectory. */
  readonly id: string;
  readonly taskId: string;
  /** Who won: the expert by itself, or the student, with or without a beginning of the expert's. */
  readonly by: "expert" | "student";
  /** The expert trajectory whose actions the win begins with; absent for a student's win from `s0`. */
  readonly expertTrajectoryId?: string;
  /**
   * The state of the expert trajectory at which the win leaves it: 0 for a student's win from `s0`, `kl` for one from
   * `s_kl`, and the number of its actions for an expert's own win, which never leaves it.
   */
  readonly leavesExpertAt: number;
  /** Hash of all messages: wins of the same text count once. */
  readonly text: string;
  /** 0 for an expert's win, else the iteration in which the student found it. */
  readonly iteration: number;
  /** The whole trajectory. */
  read(): Trajectory;
}

/**
 * `D+`, the positive repository: every win found so far, in the order in which it was found. It only grows, so a win
 * of an earlier student stays a candidate for as long as the method runs.
 */
export type PositiveRepository = readonly Win[];

/** `D+ := { expert trajectories with R = 1 }`. */
export function expertWins(trajectories: readonly Trajectory[]): PositiveRepository {
  return trajectories.filter(isWin).map((trajectory) => ({
    id: trajectory.id,
    taskId: trajectory.taskId,
    by: "expert",
    expertTrajectoryId: trajectory.id,
    leavesExpertAt: trajectory.steps.length,
    text: textOf(trajectory),
    iteration: 0,
    read: () => trajectory,
  }));
}

/** `D+ := D+ and the wins among these simulations`. A trajectory that is already there is not added again. */
export function addWins(
  repository: PositiveRepository,
  simulations: readonly Simulation[],
  iteration: number,
): PositiveRepository {
  const known = new Set(repository.map((win) => win.id));
  const added = simulations
    .filter((simulation) => simulationOutcome(simulation) === "win" && !known.has(simulation.id))
    .map((simulation): Win => {
      const { id, taskId, from, read } = simulation;
      return {
        id,
        taskId,
        by: "student",
        ...(from === undefined ? {} : { expertTrajectoryId: from.trajectoryId }),
        leavesExpertAt: from?.stateIndex ?? 0,
        text: textOf(simulation.read()),
        iteration,
        read,
      };
    });
  return [...repository, ...added];
}

function textOf({ steps }: Trajectory): string {
  const messages = steps.map((step) => step.message);
  return createHash("sha256").update(JSON.stringify(messages)).digest("base64");
}

/** A state that the student must learn to win from. */
export interface ImportantStateReference {
  readonly taskId: string;
  /** The expert trajectory it is a state of; absent for the task's initial state. */
  readonly trajectoryId?: string;
  readonly stateIndex: number;
}

/** Any win of the task passes through its initial state; through a later expert state only one that still follows that expert there. */
export function passesThrough(win: Win, state: ImportantStateReference): boolean {
  if (win.taskId !== state.taskId) return false;
  if (state.trajectoryId === undefined) return true;
  return win.expertTrajectoryId === state.trajectoryId && win.leavesExpertAt >= state.stateIndex;
}

/**
 * The wins of `D+` that solve a state, best first: the one that leaves the expert soonest (it needs the fewest of the
 * expert's actions), among equals the one found first. Wins of the same text count once.
 */
export function solutionsOf(state: ImportantStateReference, repository: PositiveRepository): Win[] {
  const seen = new Set<string>();
  return repository
    .filter((win) => passesThrough(win, state))
    .toSorted((left, right) => left.leavesExpertAt - right.leavesExpertAt)
    .filter(({ text }) => {
      if (seen.has(text)) return false;
      seen.add(text);
      return true;
    });
}
