import { basename, delimiter, dirname } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import type { TrainingProgress } from "../trainer.ts";
import { brokenLossHint, ProgramFailedError, type ProgramFailure, silenceHint } from "./errors.ts";
import { openLogFile } from "./process/log-file.ts";
import { redactionOf } from "./process/redaction.ts";
import { type Command, startSupervised } from "./process/supervised-process.ts";
import type { ProgressReader } from "./progress-reader.ts";
import { shellText } from "./shell-text.ts";

export interface ProgramRun {
  readonly trainer: string;
  readonly command: Command;
  /** Added to the command's environment, and shown nowhere: its values are taken out of the log and of errors. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
  readonly graceSeconds: number;
  /** It is stopped when it has printed nothing for so long. Default: never. */
  readonly silenceSeconds?: number | undefined;
  /** After so long a silence a note tells of it, once. Default: half an hour. */
  readonly notedSilenceSeconds?: number;
  readonly readProgress: ProgressReader;
  /** Optimiser steps, until the program says how many. */
  readonly expectedSteps: number;
  /** Tokens of all steps. */
  readonly tokens: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  readonly onNote?: ((text: string) => void) | undefined;
}

/** What a program told of its losses. */
export interface ToldLosses {
  /** Of each logged step of this session. */
  readonly losses: number[];
  /** Whether it told any, be it only the mean at its end. */
  readonly isTold: boolean;
}

const notedSilence = 1800;

/**
 * Runs a training program to its end.
 *
 * @throws ProgramFailedError if it ends with an error, or at once when its loss is no longer finite or it has been silent for too long.
 * @throws the signal's reason if that is aborted. Nothing of the program is left running in any case.
 */
export async function runProgram(run: ProgramRun): Promise<ToldLosses> {
  const { command, signal, onProgress } = run;
  signal?.throwIfAborted();
  const redaction = redactionOf(run.environment);
  using log = openLogFile(run.logFile);
  log.append(redaction.apply(`$ ${shellText(command)}`));
  const started = performance.now();
  const losses: number[] = [];
  const state = { step: 0, firstStep: 0, steps: run.expectedSteps };
  let isMeanTold = false;
  let ending: Pick<ProgramFailure, "problem" | "hint"> | undefined;
  const end = (problem: string, hint: string) => {
    ending ??= { problem, hint };
    void program.stop();
  };

  const read = (text: string) => {
    const seen = run.readProgress(text);
    if (seen === undefined) return;
    if (seen.steps !== undefined) state.steps = seen.steps;
    if (seen.step !== undefined) {
      // A resumed program shows at once how far it was before.
      if (state.step === 0 && losses.length === 0) state.firstStep = Math.max(0, seen.step - 1);
      state.step = Math.max(state.step, seen.step);
    }
  };
  const readLoss = (line: string) => {
    const { loss, meanLoss } = run.readProgress(line) ?? {};
    if (meanLoss !== undefined) {
      isMeanTold = true;
      if (!Number.isFinite(meanLoss)) end(`the mean of its losses is ${meanLoss}`, brokenLossHint);
    }
    if (loss === undefined) return;
    losses.push(loss);
    state.step = Math.max(state.step, state.firstStep + losses.length);
    if (!Number.isFinite(loss)) {
      end(`the loss became ${loss} in step ${state.step}, so it was stopped`, brokenLossHint);
      return;
    }
    const seconds = (performance.now() - started) / 1000;
    const share = (state.step - state.firstStep) / Math.max(1, state.steps);
    onProgress?.({
      step: state.step,
      steps: Math.max(state.steps, state.step),
      loss,
      tokensPerSecond: (run.tokens * share) / seconds,
    });
  };

  using silence = watchSilence(run, end, (text) => {
    log.append(`eef: ${text}`);
    run.onNote?.(`${run.trainer}: ${text}`);
  });
  await using program = startSupervised(
    // Python keeps back what it prints into a pipe, and with it the losses, unless it is told not to.
    {
      ...command,
      environment: {
        PYTHONUNBUFFERED: "1",
        ...besideOnPath(command.program),
        ...command.environment,
        ...run.environment,
      },
    },
    {
      folder: run.folder,
      graceSeconds: run.graceSeconds,
      redaction,
      onOutput: silence.interrupt,
      onUpdate: read,
      onLine: (line) => {
        log.append(line);
        readLoss(line);
      },
    },
  );
  const onAbort = () => void program.stop();
  signal?.addEventListener("abort", onAbort, { once: true });
  let code: number;
  try {
    code = await program.ended;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  signal?.throwIfAborted();
  const failure = { program: run.trainer, logFile: log.path, lastLines: log.lastLines };
  if (ending !== undefined) throw new ProgramFailedError({ ...failure, ...ending });
  if (code !== 0) throw new ProgramFailedError({ ...failure, problem: `it ended with code ${code}` });
  return { losses, isTold: isMeanTold || losses.length > 0 };
}

interface Silence extends Disposable {
  /** The program has printed something. */
  interrupt(): void;
}

/** Notes a long silence of the program, and ends one that is too long. */
function watchSilence(
  { silenceSeconds, notedSilenceSeconds = notedSilence }: ProgramRun,
  end: (problem: string, hint: string) => void,
  note: (text: string) => void,
): Silence {
  let isNoted = false;
  const timers = [
    setTimeout(() => {
      if (isNoted) return;
      isNoted = true;
      note(
        `nothing was printed for ${notedSilenceSeconds} seconds. It is waited for${silenceSeconds === undefined ? "; with the option `silenceSeconds` it would be stopped" : ` for ${silenceSeconds} seconds`}.`,
      );
    }, notedSilenceSeconds * 1000),
    ...(silenceSeconds === undefined
      ? []
      : [
          setTimeout(
            () => end(`it printed nothing for ${silenceSeconds} seconds, so it was stopped`, silenceHint),
            silenceSeconds * 1000,
          ),
        ]),
  ];
  return {
    interrupt: () => {
      for (const timer of timers) timer.refresh();
    },
    [Symbol.dispose]: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** Trainers start programs that are installed beside them by their bare names (Axolotl does `accelerate`), as if their environment were activated. */
function besideOnPath(program: string): Readonly<Record<string, string>> {
  if (basename(program) === program) return {};
  return { PATH: [dirname(program), process.env.PATH].filter((part) => part !== undefined).join(delimiter) };
}
