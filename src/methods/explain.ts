import { isWin, type Step, type StopReason, type Trajectory } from "../trajectory.ts";
import { messageIndexOfAction } from "./examples.ts";
import type { ActionLabel, LabelledTrajectory, StateOutcome } from "./labels.ts";
import type { ImportantState, Selection } from "./selection.ts";

/** One training example's use of one action. */
export interface ExplainedUse {
  readonly exampleId: string;
  /** The winning trajectory that the example was made of. */
  readonly winId: string;
  readonly use: "target" | "masked";
  readonly reason: string;
}

export interface ExplainedAction {
  readonly index: number;
  readonly step: Step;
  /** What each iteration's selection made of it, in order. */
  readonly iterations: readonly {
    readonly iteration: number;
    readonly label: ActionLabel;
    readonly reason: string;
    /** Empty if no example of this iteration holds the action. */
    readonly uses: readonly ExplainedUse[];
  }[];
}

export interface ExplainedState {
  readonly stateIndex: number;
  readonly iterations: readonly {
    readonly iteration: number;
    readonly outcome: StateOutcome;
    /** Set if the state was important: what solved it. */
    readonly important?: ImportantState;
  }[];
}

export interface ExplainedTrajectory {
  readonly trajectoryId: string;
  readonly expert: string;
  readonly reward: number;
  readonly won: boolean;
  readonly stopReason: StopReason;
  readonly states: readonly ExplainedState[];
  readonly actions: readonly ExplainedAction[];
}

export interface Explanation {
  readonly taskId: string;
  readonly trajectories: readonly ExplainedTrajectory[];
  /** Every example of the task, by iteration. */
  readonly examples: readonly {
    readonly iteration: number;
    readonly exampleId: string;
    readonly winId: string;
    readonly reason: string;
    readonly targets: number;
    readonly masked: number;
  }[];
}

/**
 * All that one method's selections say about one task: for each expert action its label, the simulations that decided
 * it, and in which dataset it was trained on or masked and why.
 *
 * @param expertTrajectories Of any tasks; those of others are passed over.
 * @param selections The method's, in the order of their iterations.
 */
export function explain(
  taskId: string,
  expertTrajectories: readonly Trajectory[],
  selections: readonly Selection[],
): Explanation {
  return {
    taskId,
    trajectories: expertTrajectories
      .filter((trajectory) => trajectory.taskId === taskId)
      .map((trajectory) => explainTrajectory(trajectory, selections)),
    examples: selections.flatMap(({ iteration, examples }) =>
      examples
        .filter((example) => example.taskId === taskId)
        .map(({ id, origin, messages, weights }) => {
          const actions = weights.filter((_, index) => messages[index]?.role === "assistant");
          const targets = actions.filter((weight) => weight > 0).length;
          return {
            iteration,
            exampleId: id,
            winId: origin.trajectoryId,
            reason: origin.reason,
            targets,
            masked: actions.length - targets,
          };
        }),
    ),
  };
}

function explainTrajectory(trajectory: Trajectory, selections: readonly Selection[]): ExplainedTrajectory {
  const views = selections.flatMap((selection) => {
    const labelled = selection.trajectories.find(({ trajectoryId }) => trajectoryId === trajectory.id);
    return labelled === undefined ? [] : [{ selection, labelled }];
  });
  const stateIndices = new Set(views.flatMap(({ labelled }) => labelled.states.map((s) => s.stateIndex)));
  return {
    trajectoryId: trajectory.id,
    expert: trajectory.policy,
    reward: trajectory.reward,
    won: isWin(trajectory),
    stopReason: trajectory.stopReason,
    states: [...stateIndices]
      .toSorted((left, right) => left - right)
      .map((stateIndex) => ({
        stateIndex,
        iterations: views.flatMap(({ selection, labelled }) => explainState(stateIndex, selection, labelled)),
      })),
    actions: trajectory.steps.map((step, index) => ({
      index,
      step,
      iterations: views.map(({ selection, labelled }) => ({
        iteration: selection.iteration,
        label: labelled.actions[index] ?? "unknown",
        reason:
          labelled.segments.find(({ start, end }) => start <= index && index < end)?.reason ??
          "It was not labelled.",
        uses: usesOf(index, trajectory.id, selection),
      })),
    })),
  };
}

function explainState(
  stateIndex: number,
  { iteration, importantStates }: Selection,
  labelled: LabelledTrajectory,
): ExplainedState["iterations"] {
  const outcome = labelled.states.find((state) => state.stateIndex === stateIndex);
  if (outcome === undefined) return [];
  const important = importantStates.find(
    (state) =>
      state.taskId === labelled.taskId &&
      state.stateIndex === stateIndex &&
      (state.trajectoryId === labelled.trajectoryId ||
        (stateIndex === 0 && state.trajectoryId === undefined)),
  );
  return [{ iteration, outcome, ...(important === undefined ? {} : { important }) }];
}

function usesOf(action: number, trajectoryId: string, selection: Selection): ExplainedUse[] {
  return selection.examples
    .filter(
      ({ origin }) => origin.expertTrajectoryId === trajectoryId && action < (origin.expertActions ?? 0),
    )
    .flatMap(({ id, weights, origin }) => {
      const message = messageIndexOfAction(action);
      const weight = weights[message];
      if (weight === undefined) return [];
      return [
        {
          exampleId: id,
          winId: origin.trajectoryId,
          use: weight > 0 ? ("target" as const) : ("masked" as const),
          reason: origin.messageReasons?.[message] ?? origin.reason,
        },
      ];
    });
}
