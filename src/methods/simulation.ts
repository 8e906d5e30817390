import type { Trajectory } from "../trajectory.ts";

/**
 * What came of one simulation: all that labels are made of. Its transcript, which is most of it, stays where it is stored until it
 * is read, so that as many simulations as there are tasks and states can be held at once.
 */
export interface Simulation extends Pick<Trajectory, "id" | "taskId" | "from" | "reward" | "stopReason"> {
  /** Steps of the whole trajectory, the expert's part included. */
  readonly stepCount: number;
  /** The whole trajectory, read anew by each call. */
  read(): Trajectory;
}

/** A simulation that lies in memory. */
export function simulationOf(trajectory: Trajectory): Simulation {
  const { id, taskId, from, reward, stopReason, steps } = trajectory;
  return {
    id,
    taskId,
    ...(from === undefined ? {} : { from }),
    reward,
    stopReason,
    stepCount: steps.length,
    read: () => trajectory,
  };
}
