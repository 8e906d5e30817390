import { EefError } from "../errors.ts";

/** The user asked to stop. A run has stored what was finished; starting it again continues. */
export class InterruptedError extends EefError {
  override readonly name = "InterruptedError";

  /** What became of the work, and what to do, where a command does not store what is finished. */
  constructor(
    message = "Stopped. Everything finished so far is stored.",
    hint = "Run the same command again to continue where it stopped.",
  ) {
    super(message, { hint });
  }
}

/** Another live process works in the run directory. */
export class RunLockedError extends EefError {
  override readonly name = "RunLockedError";

  constructor(directory: string, holder: string) {
    super(`${directory} is in use by ${holder}.`, {
      hint: "Wait for it, stop it, or start this run under another name (--name).",
    });
  }
}

/** A training phase was handed a task that is held out. This is a defect of a method, and never let through. */
export class HeldOutTaskError extends EefError {
  override readonly name = "HeldOutTaskError";

  constructor(taskId: string, use: string) {
    super(`Task ${taskId} is not a training task of this run and must not be ${use}.`, {
      hint: "A method may use only the tasks and expert trajectories of its context.",
    });
  }
}
