import { createHash } from "node:crypto";
import { z } from "zod";
import type { TrainingExample } from "../trainer/trainer.ts";
import { messageSchema, type Trajectory, toolDeclarationSchema, transcript } from "../trajectory.ts";
import type { LabelledTrajectory } from "./labels.ts";
import type { ImportantStateReference, Win } from "./repository.ts";

/** A training example as it stands in files. */
export const trainingExampleSchema = z.strictObject({
  id: z.string(),
  taskId: z.string(),
  messages: z.array(messageSchema).readonly(),
  weights: z.array(z.number()).readonly(),
  tools: z.array(toolDeclarationSchema).readonly().exactOptional(),
  origin: z.strictObject({
    trajectoryId: z.string(),
    importantState: z.number().int(),
    reason: z.string(),
    expertTrajectoryId: z.string().exactOptional(),
    expertActions: z.number().int().exactOptional(),
    messageReasons: z.array(z.string()).readonly().exactOptional(),
  }),
});

export interface ExampleOptions {
  /** False (an ablation) masks the expert's actions in front of a student's win. An expert's own win is trained on regardless. */
  readonly lossOnExpertActions: boolean;
  /** True (an ablation) trains on the harmful actions of a chosen win instead of masking them. */
  readonly keepHarmfulActions: boolean;
}

/** Where the message of action `step` stands in a transcript: after the system prompt, each step is an observation and an action. */
export function messageIndexOfAction(step: number): number {
  return 2 + 2 * step;
}

/** Whether one action is a target, and why. */
interface ActionUse {
  readonly target: boolean;
  readonly reason: string;
}

/**
 * One example from a solution: its actions after the important state are the targets, everything before is context
 * with a loss weight of 0. The transcript ends with the last target. Undefined if no action is left to be a target.
 *
 * @param labelled The labels of the expert trajectory that the win begins with, if it begins with one.
 */
export function exampleOf(
  systemPrompt: string,
  win: Win,
  importantState: ImportantStateReference,
  labelled: LabelledTrajectory | undefined,
  options: ExampleOptions,
): TrainingExample | undefined {
  const trajectory = win.read();
  const excluded = labelled === undefined ? new Set<number>() : winToLossActions(labelled);
  const uses = trajectory.steps.map((_, action) =>
    useOfAction(action, win, importantState, labelled, excluded, options),
  );
  const lastTarget = uses.findLastIndex((use) => use.target);
  if (lastTarget < 0) return undefined;

  const messages = transcript(systemPrompt, trajectory).slice(0, messageIndexOfAction(lastTarget) + 1);
  const weights = messages.map<number>(() => 0);
  const messageReasons = messages.map<string>(({ role }) =>
    role === "system" ? "The system prompt is context." : "An observation is context.",
  );
  uses.slice(0, lastTarget + 1).forEach((use, action) => {
    weights[messageIndexOfAction(action)] = use.target ? 1 : 0;
    messageReasons[messageIndexOfAction(action)] = use.reason;
  });

  const { expertTrajectoryId } = win;
  return {
    id: exampleId(trajectory, importantState, weights),
    taskId: trajectory.taskId,
    messages,
    weights,
    ...(trajectory.tools === undefined ? {} : { tools: trajectory.tools }),
    origin: {
      trajectoryId: trajectory.id,
      importantState: importantState.stateIndex,
      reason: exampleReason(win, importantState),
      ...(expertTrajectoryId === undefined ? {} : { expertTrajectoryId }),
      expertActions: win.leavesExpertAt,
      messageReasons,
    },
  };
}

/**
 * The actions between a winning state and the next known losing state. Beside the segments labelled harmful these are
 * the ones around a state whose simulation is missing: nobody knows which of them did the harm, so none is a target.
 */
export function winToLossActions(labelled: LabelledTrajectory): Set<number> {
  const actions = new Set<number>();
  const known = labelled.states.filter((state) => state.outcome !== "unknown");
  known.forEach((state, position) => {
    const next = known[position + 1];
    if (next === undefined || state.outcome !== "win" || next.outcome !== "loss") return;
    for (let action = state.stateIndex; action < next.stateIndex; action++) actions.add(action);
  });
  return actions;
}

function useOfAction(
  action: number,
  win: Win,
  importantState: ImportantStateReference,
  labelled: LabelledTrajectory | undefined,
  excluded: ReadonlySet<number>,
  options: ExampleOptions,
): ActionUse {
  const leaves = win.leavesExpertAt;
  const isExperts = action < leaves;
  const label = isExperts ? labelled?.actions[action] : undefined;
  if (isExperts && label === "harmful" && options.keepHarmfulActions) {
    return { target: true, reason: "Harmful, yet kept: the run was told to keep harmful actions." };
  }
  if (isExperts && excluded.has(action) && !options.keepHarmfulActions) {
    return label === "harmful"
      ? { target: false, reason: "Harmful: it turned a winning state into a losing one." }
      : {
          target: false,
          reason:
            "Perhaps harmful: a winning state became a losing one here, and the state between is unknown.",
        };
  }
  if (action < importantState.stateIndex) {
    return { target: false, reason: `Before the important state s_${importantState.stateIndex}: context.` };
  }
  if (!isExperts) return { target: true, reason: "The student's own action on the way to its win." };
  if (win.by === "expert") return { target: true, reason: "The expert's action in the expert's win." };
  if (!options.lossOnExpertActions) {
    return { target: false, reason: "The run was told to put no loss on the expert's actions." };
  }
  return {
    target: true,
    reason: `The expert's action between s_${importantState.stateIndex} and s_${leaves}, from where the student won${label === "beneficial" ? "; beneficial: it turned a losing state into a winning one" : ""}.`,
  };
}

function exampleReason(win: Win, { stateIndex }: ImportantStateReference): string {
  const solution =
    win.by === "expert"
      ? "the expert's own win"
      : `the student's win from s_${win.leavesExpertAt} (iteration ${win.iteration})`;
  return stateIndex === 0
    ? `Solves the initial state by ${solution}.`
    : `Recovers from s_${stateIndex} by ${solution}.`;
}

function exampleId(
  trajectory: Trajectory,
  { stateIndex }: ImportantStateReference,
  weights: readonly number[],
): string {
  const identity = [trajectory.taskId, trajectory.id, stateIndex, weights];
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
}
