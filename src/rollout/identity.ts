import { createHash } from "node:crypto";
import { deriveSeed } from "../random.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import type { RolloutRequest } from "./executor.ts";

/** All that an episode's course depends on, beside the environment. */
export interface RolloutIdentity {
  readonly kind: Trajectory["kind"];
  readonly taskId: string;
  /** The expert trajectory and its state that the episode starts from; absent for the initial state. */
  readonly from?: { readonly trajectoryId: string; readonly stateIndex: number };
  /** Distinguishes several episodes that are otherwise alike. */
  readonly sample: number;
  readonly policyVersion: string;
  readonly seed: number;
  readonly temperature: number;
  readonly maximumSteps: number;
}

/** 32 hexadecimal digits. The same identity gives the same id on every machine, so finished work is found again. */
export function rolloutId(identity: RolloutIdentity): string {
  const { kind, taskId, from, sample, policyVersion, seed, temperature, maximumSteps } = identity;
  const parts = [
    kind,
    taskId,
    from?.trajectoryId ?? null,
    from?.stateIndex ?? 0,
    sample,
    policyVersion,
    seed,
    temperature,
    maximumSteps,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** What a run knows of an episode before it has an id. */
export interface RolloutDraft {
  readonly kind: Trajectory["kind"];
  readonly task: Task;
  readonly from?: { readonly trajectory: Trajectory; readonly stateIndex: number };
  readonly sample: number;
  /** Part of the episode's seed, so that a student that did not change still explores anew. 0 for evaluations. */
  readonly iteration: number;
  readonly temperature: number;
  readonly maximumSteps: number;
}

/**
 * Completes a draft by its seed and id. The episode's seed does not depend on the method or the policy, so methods
 * are compared on the same draws as far as their policies agree.
 */
export function rolloutRequest(draft: RolloutDraft, policyVersion: string, runSeed: number): RolloutRequest {
  const { kind, task, from, sample, iteration, temperature, maximumSteps } = draft;
  const stateIndex = from?.stateIndex ?? 0;
  const seed = deriveSeed(runSeed, kind, task.id, from?.trajectory.id ?? "", stateIndex, sample, iteration);
  const start = from === undefined ? {} : { from: { trajectoryId: from.trajectory.id, stateIndex } };
  const id = rolloutId({
    kind,
    taskId: task.id,
    ...start,
    sample,
    policyVersion,
    seed,
    temperature,
    maximumSteps,
  });
  return {
    id,
    kind,
    task,
    seed,
    ...(from === undefined ? {} : { from }),
    temperature,
    maximumSteps,
  };
}
