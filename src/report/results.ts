import type { EnvironmentIncident } from "../environment/environment.ts";
import type { StopReason } from "../trajectory.ts";

/**
 * What the tables and the report read: plain data of one run, filled from its database. The report knows
 * nothing of how a run stores it, and nothing here needs more than JSON.
 */

/** How one policy did on one task of the evaluation split. */
export interface TaskResult {
  readonly taskId: string;
  /** As `Task.group`. */
  readonly group?: string;
  /** Final reward in [0, 1]. */
  readonly reward: number;
  readonly win: boolean;
  readonly steps: number;
  readonly invalidActions: number;
  /** How often each kind of action was taken, by the names of `Environment.actionKind`. */
  readonly actionKinds: Readonly<Record<string, number>>;
  readonly stopReason: StopReason;
}

/** What a method had spent when it was evaluated, cumulative from its start; evaluation itself is not counted. */
export interface Budget {
  readonly simulations: number;
  readonly environmentSteps: number;
  /** Read and written by the policy in simulations, plus trained on. */
  readonly tokens: number;
  readonly seconds: number;
}

/** One student on the evaluation tasks. Iteration 0 is the behaviour-cloned student. */
export interface EvaluationResult {
  /** As it stands in tables: "SFT", "RFT", "RFT x6", "EEF". */
  readonly method: string;
  readonly iteration: number;
  readonly policyVersion: string;
  readonly perTask: readonly TaskResult[];
  readonly budget: Budget;
}

/** One expert on the evaluation tasks. */
export interface ExpertResult {
  readonly name: string;
  readonly perTask: readonly TaskResult[];
}

/** What became of an expert's action, or of the state before it (method.md, "Selection"). */
export const actionLabels = ["beneficial", "harmful", "needs-recovery", "neutral", "unknown"] as const;
export type ActionLabel = (typeof actionLabels)[number];

/** How one dataset uses one action: trained on, or shown as context with a loss weight of 0. */
export interface ActionUse {
  readonly use: "target" | "masked";
  /** Of the training example that holds the action. */
  readonly exampleId: string;
  /** One sentence: why the example was selected. */
  readonly reason: string;
}

/** What the student's simulations from one state of an expert trajectory gave. */
export interface SimulatedState {
  /** 0 is the task's initial state; `k` the state after the first `k` actions. */
  readonly stateIndex: number;
  readonly simulations: number;
  readonly wins: number;
  /** What they say together, as the method took it: failed simulations say nothing, and a majority may decide. */
  readonly outcome: "win" | "loss" | "unknown";
  /** Mean final reward of the simulations. */
  readonly meanReward: number;
  readonly needsRecovery: boolean;
}

/** One method's view of one expert trajectory in one iteration. */
export interface TrajectorySelection {
  readonly method: string;
  readonly iteration: number;
  /** In order of `stateIndex`. */
  readonly states: readonly SimulatedState[];
  /** One per step of the trajectory. */
  readonly actions: readonly { readonly label: ActionLabel; readonly uses: readonly ActionUse[] }[];
}

export interface ReportStep {
  readonly message: string;
  readonly action: string;
  readonly observation: string;
  readonly valid: boolean;
}

/** An expert trajectory of a training task and all that the methods made of it. */
export interface LabelledTrajectory {
  readonly trajectoryId: string;
  readonly taskId: string;
  readonly expert: string;
  readonly reward: number;
  readonly win: boolean;
  readonly stopReason: StopReason;
  readonly initialObservation: string;
  readonly steps: readonly ReportStep[];
  readonly selections: readonly TrajectorySelection[];
}

/** What a method selected in one iteration, over all trajectories. */
export interface SelectionSummary {
  readonly method: string;
  readonly iteration: number;
  readonly examples: number;
  readonly targetActions: number;
  readonly maskedActions: number;
  /** Expert actions by label; a label that did not occur may be absent. */
  readonly labels: Readonly<Partial<Record<ActionLabel, number>>>;
}

/** A simulation that was not played, because the expert's state was not reached by replay. */
export interface DivergedReplay {
  /** Of the expert. */
  readonly trajectoryId: string;
  readonly stateIndex: number;
  readonly taskId: string;
  /** Names the step that differed, and what was expected and received. */
  readonly message: string;
}

/** What became of the expert states that simulations were to begin from. */
export interface ReplayedStates {
  readonly asked: number;
  readonly diverged: readonly DivergedReplay[];
}

/** Everything that the tables and the report say about one run. */
export interface RunResults {
  readonly name: string;
  readonly seed: number;
  /** Name of the environment. */
  readonly environment: string;
  /** Hash of the evaluation tasks: runs in which it is equal were evaluated on the same ones. */
  readonly evaluationTasks?: string;
  /** Experts on the evaluation tasks; empty where they were not asked. */
  readonly experts: readonly ExpertResult[];
  /** In any order; the highest iteration of a method is its final student. */
  readonly evaluations: readonly EvaluationResult[];
  readonly selections: readonly SelectionSummary[];
  /** Expert trajectories of the training tasks. May be all of them: the report takes a bounded sample. */
  readonly trajectories: readonly LabelledTrajectory[];
  readonly replays?: ReplayedStates;
  /** What failed in the environment. Where it was mended, no result depends on it; otherwise its episode ends with an error. */
  readonly incidents?: readonly EnvironmentIncident[];
  /** Lines for the head of the report: what was run, on what, with which options. */
  readonly facts?: readonly { readonly name: string; readonly value: string }[];
}
