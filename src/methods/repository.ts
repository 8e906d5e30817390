import { isWin, type Trajectory } from "../trajectory.ts";
import { simulationOutcome } from "./labels.ts";

/** A member of `D+`. */
export interface Win {
  readonly trajectory: Trajectory;
  /** 0 for an expert's win, else the iteration in which the student found it. */
  readonly iteration: number;
}

/**
 * `D+`, the positive repository: every win found so far, in the order in which it was found. It only grows, so a win
 * of an earlier student stays a candidate for as long as the method runs.
 */
export type PositiveRepository = readonly Win[];

/** `D+ := { expert trajectories with R = 1 }`. */
export function expertWins(trajectories: readonly Trajectory[]): PositiveRepository {
  return trajectories.filter(isWin).map((trajectory) => ({ trajectory, iteration: 0 }));
}

/** `D+ := D+ and the wins among these simulations`. A trajectory that is already there is not added again. */
export function addWins(
  repository: PositiveRepository,
  simulations: readonly Trajectory[],
  iteration: number,
): PositiveRepository {
  const known = new Set(repository.map((win) => win.trajectory.id));
  const added = simulations
    .filter((simulation) => simulationOutcome(simulation) === "win" && !known.has(simulation.id))
    .map((trajectory) => ({ trajectory, iteration }));
  return [...repository, ...added];
}

/**
 * The state of the expert trajectory at which the win leaves it: 0 for a student's win from `s0`, `kl` for one from
 * `s_kl`, and the number of its actions for an expert's own win, which never leaves it.
 */
export function leavesExpertAt({ trajectory }: Win): number {
  if (trajectory.kind === "expert") return trajectory.steps.length;
  return trajectory.from?.stateIndex ?? 0;
}

/** The expert trajectory whose actions the win begins with; undefined for a student's win from `s0`. */
export function expertOf({ trajectory }: Win): string | undefined {
  return trajectory.kind === "expert" ? trajectory.id : trajectory.from?.trajectoryId;
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
  if (win.trajectory.taskId !== state.taskId) return false;
  if (state.trajectoryId === undefined) return true;
  return expertOf(win) === state.trajectoryId && leavesExpertAt(win) >= state.stateIndex;
}

/**
 * The wins of `D+` that solve a state, best first: the one that leaves the expert soonest (it needs the fewest of the
 * expert's actions), among equals the one found first. Wins of the same text count once.
 */
export function solutionsOf(state: ImportantStateReference, repository: PositiveRepository): Win[] {
  const seen = new Set<string>();
  return repository
    .filter((win) => passesThrough(win, state))
    .toSorted((left, right) => leavesExpertAt(left) - leavesExpertAt(right))
    .filter(({ trajectory }) => {
      const text = JSON.stringify(trajectory.steps.map((step) => step.message));
      if (seen.has(text)) return false;
      seen.add(text);
      return true;
    });
}
