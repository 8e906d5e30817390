import { EefError } from "../../errors.ts";
import { clip, printable } from "../../report/printable.ts";

/** How much of a log goes into an error. */
const shownLines = 12;
const shownLineLength = 400;

export interface ProgramFailure {
  /** The name of the trainer or the server. */
  readonly program: string;
  /** What went wrong, as a sentence without its full stop. */
  readonly problem: string;
  /** Where the whole output is. */
  readonly logFile: string;
  /** The last lines of the output. */
  readonly lastLines: readonly string[];
  readonly hint?: string;
}

/**
 * A trainer or a server that runs outside of this process failed: it could not be started, ended with an error, or ended
 * well but left no usable model. The log's last lines are part of the message.
 */
export class ProgramFailedError extends EefError {
  override readonly name = "ProgramFailedError";
  readonly program: string;
  readonly logFile: string;

  constructor({ program, problem, logFile, lastLines, hint }: ProgramFailure) {
    const shown = lastLines
      .slice(-shownLines)
      .map((line) => `\n  ${clip(printable(line).replaceAll("\n", " "), shownLineLength)}`);
    super(
      `${program}: ${problem}. Its log is ${logFile}${shown.length === 0 ? ", which is empty." : ` and ends with:${shown.join("")}`}`,
      { hint: hint ?? hintFor(lastLines.join("\n")) },
    );
    this.program = program;
    this.logFile = logFile;
  }
}

/** The usual causes, by what the programs print. */
const causes: readonly (readonly [RegExp, string])[] = [
  [
    /ENOENT|command not found/,
    "Is it installed, and is its command on PATH? The option `executable` of a trainer names another one.",
  ],
  [
    /out of memory/i,
    "Use a smaller `microBatchSize` or `contextLength`, LoRA, more `gpus`, or DeepSpeed/FSDP.",
  ],
  [
    /gated repo|401 Client Error|GatedRepoError/i,
    "The model's owner asks for an agreement: accept it on the model's page, and log in (hf auth login).",
  ],
  [/No space left on device/i, "The disk is full: fewer checkpoints are kept with `checkpointsKept`."],
];

function hintFor(log: string): string {
  return (
    causes.find(([pattern]) => pattern.test(log))?.[1] ??
    "Mend its cause and run the same command again: it continues from the last checkpoint, if there is one."
  );
}
