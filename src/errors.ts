/** What every error of this project carries besides its message: the next thing to try. */
export interface EefErrorOptions extends ErrorOptions {
  /** One sentence that tells the reader what to do; the command line prints it below the message. */
  readonly hint?: string;
}

/**
 * Base of all errors that a user can cause or mend. The command line prints `message` and `hint` without a
 * stack and exits with 1; any other error is a defect of ours and is printed with its stack.
 */
export class EefError extends Error {
  override readonly name: string = "EefError";
  readonly hint: string | undefined;

  constructor(message: string, options: EefErrorOptions = {}) {
    super(message, options);
    this.hint = options.hint;
  }
}

/** A file does not hold what it should. `where` names the line or field, in the reader's terms. */
export class InvalidFileError extends EefError {
  override readonly name = "InvalidFileError";
  readonly file: string;
  readonly where: string;

  constructor(file: string, where: string, problem: string, options: EefErrorOptions = {}) {
    super(`${file}: ${where}: ${problem}`, options);
    this.file = file;
    this.where = where;
  }
}

/** The configuration asks for something impossible or unknown. */
export class ConfigurationError extends EefError {
  override readonly name = "ConfigurationError";
}

/** Replaying recorded actions gave another observation than the recorded one, so the state was not reached. */
export class ReplayDivergedError extends EefError {
  override readonly name = "ReplayDivergedError";
  readonly trajectoryId: string;
  readonly stepIndex: number;

  constructor(trajectoryId: string, stepIndex: number, expected: string, received: string) {
    super(
      `replay of ${trajectoryId} diverged at step ${stepIndex}: expected ${excerpt(expected)}, received ${excerpt(received)}`,
      { hint: "Is the environment's data the same as when the trajectory was recorded?" },
    );
    this.trajectoryId = trajectoryId;
    this.stepIndex = stepIndex;
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
