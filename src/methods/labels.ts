import { z } from "zod";
import { isWin, stopReasonSchema, type Trajectory } from "../trajectory.ts";
import type { Simulation } from "./simulation.ts";
import { type Explore, expertStates, isExplored } from "./states.ts";

/** `w_k` of a state: 1, 0, or not known because no simulation told. */
export const outcomeSchema = z.enum(["win", "loss", "unknown"]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** What became of an expert action, judged by the states before and after its segment. */
export const actionLabelSchema = z.enum([
  /** From a losing state to a winning one. */
  "beneficial",
  /** From a winning state to a losing one: never a target. */
  "harmful",
  /** Both states won, or both lost. */
  "neutral",
  /** One of the two states was not simulated, or its simulation failed. */
  "unknown",
]);
export type ActionLabel = z.infer<typeof actionLabelSchema>;

export const stateOutcomeSchema = z.strictObject({
  /** Index of the state in the expert trajectory; 0 is the task's initial state. */
  stateIndex: z.number().int(),
  outcome: outcomeSchema,
  /** The simulations of this iteration that decided it. */
  simulations: z
    .array(
      z.strictObject({
        trajectoryId: z.string(),
        outcome: outcomeSchema,
        reward: z.number(),
        stopReason: stopReasonSchema,
      }),
    )
    .readonly(),
  /** The student wins from the simulated state before, but no longer from here. */
  needsRecovery: z.boolean(),
});
export type StateOutcome = Readonly<z.infer<typeof stateOutcomeSchema>>;

export const segmentSchema = z.strictObject({
  /** The expert's actions `start .. end - 1`, which lead from state `start` to state `end`. */
  start: z.number().int(),
  end: z.number().int(),
  label: actionLabelSchema,
  /** One sentence for `eef explain`. */
  reason: z.string(),
});
export type Segment = Readonly<z.infer<typeof segmentSchema>>;

export const labelledTrajectorySchema = z.strictObject({
  trajectoryId: z.string(),
  taskId: z.string(),
  /** The expert's name. */
  expert: z.string(),
  reward: z.number(),
  won: z.boolean(),
  /** The initial state, then the simulated states in their order. */
  states: z.array(stateOutcomeSchema).readonly(),
  /** Cover all actions, in order, without overlap. */
  segments: z.array(segmentSchema).readonly(),
  /** One label for each action. */
  actions: z.array(actionLabelSchema).readonly(),
});
export type LabelledTrajectory = Readonly<z.infer<typeof labelledTrajectorySchema>>;

/** How several simulations of one state make one `w_k`: 1 if any of them won, or if more than half of them did. */
export const stateWinsSchema = z.enum(["any", "majority"]);
export type StateWins = z.infer<typeof stateWinsSchema>;

/**
 * What one simulation says about the state it started from. An episode that failed for a reason outside the
 * policy's choice, or in which the policy had no turn at all, says nothing.
 */
export function simulationOutcome(simulation: Simulation): Outcome {
  switch (simulation.stopReason) {
    case "replay-diverged":
    case "environment-error":
    case "policy-error":
      return "unknown";
    case "step-limit":
    case "context-overflow":
      if (simulation.stepCount <= (simulation.from?.stateIndex ?? 0)) return "unknown";
      return isWin(simulation) ? "win" : "loss";
    case "done":
    case "gave-up":
      return isWin(simulation) ? "win" : "loss";
  }
}

/** `w_k` from the outcomes of all simulations of the state; those that say nothing have no vote. */
export function stateOutcome(outcomes: readonly Outcome[], stateWins: StateWins): Outcome {
  const wins = outcomes.filter((outcome) => outcome === "win").length;
  const losses = outcomes.filter((outcome) => outcome === "loss").length;
  if (wins + losses === 0) return "unknown";
  const won = stateWins === "any" ? wins > 0 : wins > losses;
  return won ? "win" : "loss";
}

/** The paper's table of transitions from `w_k` to `w_{k+1}`. */
export function transitionLabel(before: Outcome, after: Outcome): ActionLabel {
  if (before === "unknown" || after === "unknown") return "unknown";
  if (before === after) return "neutral";
  return after === "win" ? "beneficial" : "harmful";
}

export interface LabelOptions {
  readonly simulatedStates: number;
  readonly explore: Explore;
  readonly stateWins: StateWins;
}

/**
 * Labels every action of one expert trajectory.
 *
 * @param simulations Those of the current iteration and this task: from `s0`, and from states of any of the task's
 *   expert trajectories (others than this one's are passed over).
 */
export function labelTrajectory(
  trajectory: Trajectory,
  simulations: readonly Simulation[],
  options: LabelOptions,
): LabelledTrajectory {
  const { simulatedStates, explore, stateWins } = options;
  const actionCount = trajectory.steps.length;
  const explored = isExplored(trajectory, explore);
  const indices = [0, ...(explored ? expertStates(actionCount, simulatedStates) : [])];

  const states: StateOutcome[] = [];
  const segments: Segment[] = [];
  for (const stateIndex of indices) {
    const ofState = simulations
      .filter(({ from }) =>
        stateIndex === 0
          ? from === undefined
          : from?.trajectoryId === trajectory.id && from.stateIndex === stateIndex,
      )
      .map((simulation) => ({
        trajectoryId: simulation.id,
        outcome: simulationOutcome(simulation),
        reward: simulation.reward,
        stopReason: simulation.stopReason,
      }));
    const outcome = stateOutcome(
      ofState.map((simulation) => simulation.outcome),
      stateWins,
    );
    const before = states.at(-1);
    const label = before === undefined ? undefined : transitionLabel(before.outcome, outcome);
    if (before !== undefined && label !== undefined) {
      segments.push({
        start: before.stateIndex,
        end: stateIndex,
        label,
        reason: `The student ${simulationVerb(before.outcome)} from s_${before.stateIndex} and ${simulationVerb(outcome)} from s_${stateIndex}.`,
      });
    }
    states.push({ stateIndex, outcome, simulations: ofState, needsRecovery: label === "harmful" });
  }

  const last = indices.at(-1) ?? 0;
  if (last < actionCount) {
    const reason = !explored
      ? "The expert won, so its states were not simulated."
      : `No state after s_${last} was simulated.`;
    segments.push({ start: last, end: actionCount, label: "unknown", reason });
  }
  return {
    trajectoryId: trajectory.id,
    taskId: trajectory.taskId,
    expert: trajectory.policy,
    reward: trajectory.reward,
    won: isWin(trajectory),
    states,
    segments,
    actions: segments.flatMap(({ start, end, label }) => Array<ActionLabel>(end - start).fill(label)),
  };
}

function simulationVerb(outcome: Outcome): string {
  if (outcome === "unknown") return "could not be simulated";
  return outcome === "win" ? "wins" : "loses";
}
