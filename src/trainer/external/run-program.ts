import { basename, delimiter, dirname } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import type { TrainingProgress } from "../trainer.ts";
import { ProgramFailedError } from "./errors.ts";
import { openLogFile } from "./process/log-file.ts";
import { type Command, startSupervised } from "./process/supervised-process.ts";
import type { ProgressReader } from "./progress-reader.ts";
import { shellText } from "./shell-text.ts";

export interface ProgramRun {
  readonly trainer: string;
  readonly command: Command;
  /** Added to the command's environment, and shown nowhere. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
  readonly graceSeconds: number;
  readonly readProgress: ProgressReader;
  /** Optimiser steps, until the program says how many. */
  readonly expectedSteps: number;
  /** Tokens of all steps. */
  readonly tokens: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/**
 * Runs a training program to its end.
 *
 * @returns the loss of each logged step of this session.
 * @throws ProgramFailedError if it ends with an error, or at once when its loss is no longer finite.
 * @throws the signal's reason if that is aborted. Nothing of the program is left running in any case.
 */
export async function runProgram(run: ProgramRun): Promise<number[]> {
  const { command, signal, onProgress } = run;
  signal?.throwIfAborted();
  using log = openLogFile(run.logFile);
  log.append(`$ ${shellText(command)}`);
  const started = performance.now();
  const losses: number[] = [];
  const state = { step: 0, firstStep: 0, steps: run.expectedSteps };
  let brokenLoss: number | undefined;

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
    const loss = run.readProgress(line)?.loss;
    if (loss === undefined) return;
    losses.push(loss);
    state.step = Math.max(state.step, state.firstStep + losses.length);
    if (!Number.isFinite(loss)) {
      brokenLoss ??= loss;
      void program.stop();
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
  if (brokenLoss !== undefined) {
    throw new ProgramFailedError({
      ...failure,
      problem: `the loss became ${brokenLoss} in step ${state.step}, so it was stopped`,
      hint: "Use a lower `learningRate`, more `warmup`, or bfloat16 instead of float16.",
    });
  }
  if (code !== 0) throw new ProgramFailedError({ ...failure, problem: `it ended with code ${code}` });
  return losses;
}

/** Trainers start programs that are installed beside them by their bare names (Axolotl does `accelerate`), as if their environment were activated. */
function besideOnPath(program: string): Readonly<Record<string, string>> {
  if (basename(program) === program) return {};
  return { PATH: [dirname(program), process.env.PATH].filter((part) => part !== undefined).join(delimiter) };
}
