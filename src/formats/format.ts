import type { Trajectory } from "../trajectory.ts";

/** What an imported episode says about its goal, to find the task again (see restore-goals.ts). */
export interface RecordedGoal {
  /** As the acting policy read it. */
  readonly instruction: string;
  /** Position in the environment's order of goals, where recorded. */
  readonly index?: number;
}

export interface ImportedTrajectory {
  readonly trajectory: Trajectory;
  readonly goal?: RecordedGoal;
}

/** A file format of trajectories. Adding one is one file and a line in formats.ts. */
export interface TrajectoryFormat {
  readonly name: string;
  /** One sentence for the command line. */
  readonly description: string;
  /** Whether a file whose first line holds this value is of this format. */
  recognizes(firstLine: unknown): boolean;
  /**
   * Reads a file, one trajectory at a time. `policy` replaces the name of who acted.
   *
   * Throws an InvalidFileError that names line and field.
   */
  read(file: string, options?: { readonly policy?: string }): AsyncIterable<ImportedTrajectory>;
}
