import type { PolicyReference, TrainingExample } from "../trainer/trainer.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import type { Selection } from "./selection.ts";
import type { Simulation } from "./simulation.ts";

/** One simulation that a method asks for. */
export interface SimulationRequest {
  readonly task: Task;
  /** A state of an expert trajectory; absent for the task's initial state. */
  readonly from?: { readonly trajectory: Trajectory; readonly stateIndex: number };
  /** Distinguishes several simulations of one state. */
  readonly sample: number;
  readonly iteration: number;
  /** Sampling temperature; 0 is greedy. */
  readonly temperature: number;
}

/**
 * What a method may use. Each call is durable and idempotent: asked again after a restart, it returns what was
 * stored. That is why a method can be written as if nothing ever failed.
 */
export interface MethodContext {
  readonly systemPrompt: string;
  readonly tasks: readonly Task[];
  /** One or more per task: wins and failures, of one or several experts. */
  readonly expertTrajectories: readonly Trajectory[];
  readonly base: PolicyReference;
  /** Lets the policy act; results in the order of the requests, failed rollouts among them. They can be read until the run ends. */
  simulate(policy: PolicyReference, requests: readonly SimulationRequest[]): Promise<readonly Simulation[]>;
  /** SFT from `base` on the examples. */
  fineTune(
    base: PolicyReference,
    examples: readonly TrainingExample[],
    iteration: number,
  ): Promise<PolicyReference>;
  /** Stores labels and examples of an iteration for `explain` and the report. */
  recordSelection(iteration: number, selection: Selection): Promise<void>;
  /** Tells that an iteration is over (0: behaviour cloning); the run evaluates the student if it is asked to. */
  finishIteration(iteration: number, policy: PolicyReference): Promise<void>;
}

/** A way to turn tasks and expert trajectories into a student. */
export interface Method {
  /** As it stands in tables: "SFT", "RFT", "RFT x6", "EEF". */
  readonly name: string;
  /** Every option, for the record. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The iteration that it ends with, where that is known before it runs; 0 is behaviour cloning. */
  readonly lastIteration?: number;
  run(context: MethodContext): Promise<PolicyReference>;
}
