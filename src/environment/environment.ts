import type { Split, Task } from "../trajectory.ts";
import type { ActionTool } from "./action-tool.ts";

/** What the environment answers to one action. */
export interface StepResult {
  readonly observation: string;
  /** The episode's final reward if it ended here, in [0, 1]. */
  readonly reward: number;
  readonly done: boolean;
  /** False if the action was not understood or not allowed; the state is then unchanged. */
  readonly valid: boolean;
}

/** One attempt at one task, used once and disposed of. */
export interface Episode extends AsyncDisposable {
  /** The latest observation. */
  readonly observation: string;
  /** The admissible actions, where the environment can list them. */
  readonly actions?: readonly string[];
  step(action: string): Promise<StepResult>;
  /** An immutable picture of the current state, for `Environment.restore`. */
  snapshot?(): unknown;
}

/** Something that failed under an episode. Where it was mended, the result is what it would have been; otherwise the episode ends with an error. */
export interface EnvironmentIncident {
  readonly taskId: string;
  /** One sentence: what failed, and what was done. */
  readonly what: string;
}

export interface StartOptions {
  /** Gives up a start that takes long, such as that of a process. Nothing may be left open then. */
  readonly signal?: AbortSignal;
}

/**
 * A text environment with a final reward. It is brought to an expert's state by replaying the expert's actions and comparing
 * every observation, which proves that the state is the recorded one. No run calls `snapshot` and `restore`: they are for programs
 * of one's own.
 */
export interface Environment<T extends Task = Task> {
  readonly name: string;
  /** Tells any policy what it may do; the first message of every transcript. */
  readonly systemPrompt: string;
  /** Its actions as tools, for chat models that call tools; without them such a model gets one tool, `act`. */
  readonly tools?: readonly ActionTool[];
  /** Settings for the record of a run, as JSON data. No secrets. */
  describe?(): unknown;
  tasks(split: Split): readonly T[];
  start(task: T, options?: StartOptions): Promise<Episode>;
  restore?(snapshot: unknown): Promise<Episode>;
  /** A short name for the kind of an action ("search", "next", "buy"), for tables of what policies do. */
  actionKind?(action: string): string;
  /** All incidents so far, for the record of a run. */
  incidents?(): readonly EnvironmentIncident[];
}
