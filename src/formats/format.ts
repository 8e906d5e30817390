import type { Trajectory } from "../trajectory.ts";
import type { InputFile } from "./input-file.ts";
import type { RejectedRow } from "./rows.ts";

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
  /** What the record holds and a trajectory cannot, by name, and how often: `{ "steps.metrics": 4 }`. */
  readonly dropped?: Readonly<Record<string, number>>;
}

export interface ReadOptions {
  /** Replaces the name of who acted. */
  readonly policy?: string;
  /** Final reward, in [0, 1], of the episodes whose record holds none. */
  readonly reward?: number;
  /** How many messages stand before the first observation, where a format cannot tell (worked examples, say). */
  readonly skip?: number;
  /** Takes the records that cannot be read. Without it, the first of them is thrown as an InvalidFileError. */
  readonly onRejected?: (row: RejectedRow) => void;
}

/** A file format of trajectories. Adding one is one file and a line in formats.ts. */
export interface TrajectoryFormat {
  readonly name: string;
  /** One sentence for the command line. */
  readonly description: string;
  /**
   * Whether a file that holds this record is of this format.
   * @param value The record as JSON; undefined if it is not.
   */
  recognizes(value: unknown, text: string): boolean;
  /**
   * Reads a file, one trajectory at a time.
   *
   * Throws an InvalidFileError that names line and field, see `ReadOptions.onRejected`.
   */
  read(file: InputFile, options?: ReadOptions): AsyncIterable<ImportedTrajectory>;
}
