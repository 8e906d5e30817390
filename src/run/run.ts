import type { Executor } from "../rollout/executor.ts";
import type { PolicyReference } from "../trainer/trainer.ts";
import type { Task } from "../trajectory.ts";
import type { RunConfig } from "./config.ts";
import type { IncidentLog } from "./incidents.ts";
import type { Progress } from "./progress.ts";
import type { RunDirectory } from "./run-directory.ts";
import type { Students } from "./students.ts";
import type { UsageLog } from "./usage.ts";

/** A run in progress: what its phases share. */
export interface Run {
  readonly config: RunConfig;
  readonly directory: RunDirectory;
  readonly executor: Executor;
  readonly progress: Progress;
  /** Aborted with an InterruptedError when the user asks to stop. */
  readonly signal: AbortSignal;
  readonly base: PolicyReference;
  readonly students: Students;
  readonly incidents: IncidentLog;
  readonly usage: UsageLog;
  readonly trainTasks: readonly Task[];
  /** Held out: none of them is in `trainTasks`. */
  readonly evaluationTasks: readonly Task[];
}
