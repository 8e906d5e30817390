import type { Environment } from "../environment/environment.ts";
import type { Policy } from "../policy/policy.ts";
import type { Task, Trajectory } from "../trajectory.ts";

/** One episode to be played. Its result depends on nothing but this request, the environment and the policy. */
export interface RolloutRequest {
  /** Hash of task, expert trajectory, state index, sample, policy version and seed: the same id is the same episode. */
  readonly id: string;
  readonly kind: Trajectory["kind"];
  readonly task: Task;
  readonly seed: number;
  /** Start from this state of a trajectory instead of from the task's initial state. */
  readonly from?: { readonly trajectory: Trajectory; readonly stateIndex: number };
  readonly temperature: number;
  /** Steps of the whole trajectory, the expert's part included. */
  readonly maximumSteps: number;
}

export interface ExecutorOptions {
  readonly environment: Environment;
  readonly policy: Policy;
  readonly signal?: AbortSignal;
}

/** Plays many episodes. Yields each as soon as it is finished, in any order; a failed rollout is yielded too. */
export interface Executor {
  run(requests: readonly RolloutRequest[], options: ExecutorOptions): AsyncIterable<Trajectory>;
}
