import { ConfigurationError } from "../errors.ts";
import { writeFileAtomically } from "../files.ts";
import type { Method } from "../methods/method.ts";
import { renderReport } from "../report/html/report.ts";
import type { RunResults } from "../report/results.ts";
import { localExecutor } from "../rollout/local.ts";
import type { RunConfig } from "./config.ts";
import { createMethodContext, type Milestones } from "./context.ts";
import { readMetrics } from "./database/metrics.ts";
import { markFinished } from "./database/training.ts";
import { saveTasks } from "./database/trajectories.ts";
import { InterruptedError } from "./errors.ts";
import { evaluate } from "./evaluation-phase.ts";
import { checkRecordedTasks, collectExpertTrajectories } from "./expert-phase.ts";
import { incidentLog } from "./incidents.ts";
import { noExpertWins, saveNotes } from "./notes.ts";
import { type Progress, silentProgress } from "./progress.ts";
import { readResults } from "./results.ts";
import type { Run } from "./run.ts";
import { openRunDirectory } from "./run-directory.ts";
import { createStudents } from "./students.ts";
import { tasksOf } from "./tasks.ts";
import { usageLog } from "./usage.ts";

/** Where a command that runs a part of the pipeline stops: after this phase, with all before it done. */
export type StopAfter =
  | { readonly phase: "expert" }
  | {
      readonly phase: "explore" | "select" | "train" | "evaluate";
      /** The method's name. Other methods are left alone. */
      readonly method: string;
      readonly iteration: number;
    };

export interface PipelineOptions {
  readonly progress?: Progress;
  /** Aborting it stops the run cleanly; running again continues. */
  readonly signal?: AbortSignal;
  readonly stopAfter?: StopAfter;
}

/**
 * Runs a configuration: expert -> for each method behaviour cloning -> explore -> select -> fine-tune -> evaluate.
 * Whatever the run directory holds already is not done again, so an interrupted run is continued by calling this
 * again, and ends with the results of an unbroken one (all but the seconds).
 *
 * @returns What the run directory holds at the end.
 */
export async function runPipeline(config: RunConfig, options: PipelineOptions = {}): Promise<RunResults> {
  const { stopAfter } = options;
  const methods = methodsFor(config, stopAfter);
  const tasks = tasksOf(config);
  const notes = checkRecordedTasks(config);
  const base = await config.trainer.base();
  using directory = openRunDirectory(config, base, options.progress);
  saveNotes(directory, notes);
  for (const note of notes) options.progress?.note(note);
  const signal = options.signal ?? new AbortController().signal;
  await using students = createStudents(config.trainer, signal);
  const run: Run = {
    config,
    directory,
    executor: config.executor ?? localExecutor({ concurrency: config.rollout.concurrency }),
    progress: options.progress ?? silentProgress,
    signal,
    base,
    students,
    incidents: incidentLog(directory, config.environment),
    usage: usageLog(directory),
    ...tasks,
  };
  saveTasks(directory.database, "train", tasks.trainTasks);
  saveTasks(directory.database, config.evaluation.split, tasks.evaluationTasks);
  try {
    await collectExpertTrajectories(run);
    for (const note of noExpertWins(directory.database)) run.progress.note(note);
    if (stopAfter?.phase !== "expert") for (const method of methods) await runMethod(run, method, stopAfter);
    if (stopAfter === undefined) markFinished(directory.database, "run");
  } catch (error) {
    // Whoever notices the abort first throws something of its own; to the caller it is one thing.
    if (run.signal.aborted) throw new InterruptedError();
    throw error;
  } finally {
    writeMetrics(run);
  }
  const results = readResults(directory);
  if (stopAfter === undefined) {
    const { trajectories: _, ...figures } = results;
    writeFileAtomically(directory.file("results.json"), `${JSON.stringify(figures, null, 2)}\n`);
    writeFileAtomically(directory.file("report.html"), renderReport(results));
  }
  return results;
}

async function runMethod(run: Run, method: Method, stopAfter: StopAfter | undefined): Promise<void> {
  let last = { iteration: 0 };
  const everyIteration = run.config.evaluation.iterations === "all";
  const asked = (iteration: number) =>
    stopAfter?.phase === "evaluate" && stopAfter.method === method.name && stopAfter.iteration === iteration;
  const context = createMethodContext(run, method.name, {
    milestones: stopAfter === undefined ? noMilestones : stopAt(stopAfter),
    // Iteration 0 always: which tasks behaviour cloning solves is a column of the results.
    evaluates: (iteration) => iteration === 0 || everyIteration || asked(iteration),
  });
  try {
    const student = await method.run({
      ...context,
      finishIteration: async (iteration, policy) => {
        last = { iteration };
        await context.finishIteration(iteration, policy);
        writeMetrics(run);
      },
    });
    await evaluate(run, method.name, last.iteration, student);
    markFinished(run.directory.database, `method ${method.name}`);
  } catch (error) {
    if (!(error instanceof MilestoneReached)) throw error;
  }
}

/** Leaves a method at the point where the command was told to stop. Never seen outside this file. */
class MilestoneReached extends Error {
  override readonly name = "MilestoneReached";
}

function stopAt(stopAfter: StopAfter): Milestones {
  const at = (phase: StopAfter["phase"]) => (iteration: number) => {
    if (stopAfter.phase === "expert" || stopAfter.phase !== phase) return;
    if (iteration >= stopAfter.iteration) throw new MilestoneReached();
  };
  return { explored: at("explore"), selected: at("select"), trained: at("train"), evaluated: at("evaluate") };
}

const noMilestones: Milestones = {
  explored: () => undefined,
  selected: () => undefined,
  trained: () => undefined,
  evaluated: () => undefined,
};

function methodsFor(config: RunConfig, stopAfter: StopAfter | undefined): readonly Method[] {
  if (stopAfter === undefined || stopAfter.phase === "expert") return config.methods;
  const named = config.methods.filter((method) => method.name === stopAfter.method);
  if (named.length === 0) {
    throw new ConfigurationError(`The configuration has no method "${stopAfter.method}".`, {
      hint: `Its methods are ${config.methods.map((method) => method.name).join(", ")}.`,
    });
  }
  return named;
}

/** `metrics.jsonl` is made from the database, so it is never torn or doubled by an interruption. */
function writeMetrics({ directory }: Run): void {
  const lines = readMetrics(directory.database).map((metric) => `${JSON.stringify(metric)}\n`);
  writeFileAtomically(directory.file("metrics.jsonl"), lines.join(""));
}
