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

/** How other settings are tried, in the words of `eef run`: those that decide what is learned are part of what a run is. */
const untilTrained =
  "As long as nothing has been trained in this run, the same command takes them; afterwards it says how a new run takes the experts' episodes over.";

export const brokenLossHint = `Use a lower \`learningRate\`, more \`warmup\`, or bfloat16 instead of float16. ${untilTrained}`;
export const silenceHint =
  "If it is only slow (loading, compiling, reading the dataset), allow more `silenceSeconds`. The same command continues from the last checkpoint, if there is one.";

/** The usual causes, by what the programs print. */
const causes: readonly (readonly [RegExp, string])[] = [
  [
    /spawn \S+ (ENOENT|EACCES)|command not found/,
    "Is it installed, and is its command on PATH? A trainer's option `executable` (of commandTrainer: `command`) names another one, and may be changed at any time.",
  ],
  [
    /out of memory/i,
    `Use a smaller \`microBatchSize\`, more \`gpus\`, or DeepSpeed or FSDP: these may be changed at any time. Or a smaller \`contextLength\`, or LoRA. ${untilTrained}`,
  ],
  [
    /RepositoryNotFoundError|Repository Not Found for url/,
    "Is `model` written as on the Hugging Face Hub? For one that is private, log in (hf auth login).",
  ],
  [
    /gated repo|401 Client Error|GatedRepoError/i,
    "The model's owner asks for an agreement: accept it on the model's page, and log in (hf auth login).",
  ],
  [
    /No space left on device/i,
    "The disk is full. Checkpoints are kept in `*.training/output`, fewer with a lower `checkpointsKept`; folders `*.training` beside a finished student are not needed to go on.",
  ],
];

function hintFor(log: string): string {
  return (
    causes.find(([pattern]) => pattern.test(log))?.[1] ??
    "Mend its cause and run the same command again: it continues from the last checkpoint, if there is one."
  );
}
