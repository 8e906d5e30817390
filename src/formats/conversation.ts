import { parseMessage } from "../policy/message-format.ts";
import type { Step, StopReason, Trajectory } from "../trajectory.ts";
import type { ImportedTrajectory } from "./format.ts";
import { count, type RowContext } from "./row-format.ts";

/** A message of a recorded conversation. */
export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
  /** The action, where the record tells it apart from the text. */
  readonly action?: string;
  /** Where it stands in the record, for messages about it: `conversations.3`. */
  readonly field: string;
  /** Where its text stands, if elsewhere. */
  readonly textField?: string;
}

export interface ConversationRecord {
  readonly id: string;
  readonly taskId: string;
  readonly policy: string;
  /** In [0, 1]; undefined where it was not recorded. */
  readonly reward?: number | null | undefined;
  readonly stopReason?: StopReason;
  readonly turns: readonly Turn[];
  /** How many of the first turns are instructions, answers to them ("OK") and worked examples. */
  readonly prologue: number;
  /** Whether an observation says that the environment did not accept the action. */
  readonly refuses?: (observation: string) => boolean;
  readonly dropped: Record<string, number>;
}

/**
 * A trajectory from a conversation: the first user message after the prologue is the first observation, and then every
 * assistant message is a step and the user message after it its observation, each byte for byte. The last step's
 * observation is empty where the record ends with the action. Unless the record says otherwise, the episode was done when it ended.
 *
 * The prologue is not part of a trajectory, because the environment's own system prompt takes its place; it is counted
 * as dropped.
 */
export function trajectoryFromConversation(
  record: ConversationRecord,
  context: RowContext,
): ImportedTrajectory {
  const { turns, prologue, stopReason = "done", dropped, refuses = () => false } = record;
  const reward = finalReward(record, context);
  count(dropped, "messages before the first observation", Math.min(prologue, turns.length));
  const [first, ...rest] = turns.slice(prologue);
  if (first === undefined) throw context.invalid("", "no message is left after the instructions");
  if (first.role !== "user") {
    throw context.invalid(first.field, `expected the first observation, got a message of ${first.role}`);
  }
  if (rest.length === 0) throw context.invalid(first.field, "no action follows the first observation");

  const steps: Step[] = [];
  for (let index = 0; index < rest.length; index += 2) {
    const [turn, answer] = rest.slice(index, index + 2);
    if (turn === undefined) break;
    if (turn.role !== "assistant") {
      throw context.invalid(turn.field, `expected an action, got a message of ${turn.role}`);
    }
    if (turn.content.trim() === "") {
      throw context.invalid(turn.textField ?? turn.field, "expected an action, got an empty message");
    }
    if (answer !== undefined && answer.role !== "user") {
      throw context.invalid(answer.field, `expected an observation, got a message of ${answer.role}`);
    }
    const observation = answer?.content ?? "";
    const isLast = index + 2 >= rest.length;
    const done = isLast && stopReason === "done";
    steps.push({
      message: turn.content,
      action: turn.action ?? actionOf(turn.content),
      observation,
      reward: done ? reward : 0,
      done,
      valid: !refuses(observation),
    });
  }
  const trajectory: Trajectory = {
    id: record.id,
    taskId: record.taskId,
    policy: context.policy ?? record.policy,
    kind: "expert",
    seed: 0,
    initialObservation: first.content,
    steps,
    reward,
    stopReason,
    usage: { environmentSteps: steps.length, promptTokens: 0, generatedTokens: 0, seconds: 0 },
  };
  const instruction = webShopInstruction(first.content);
  return {
    trajectory,
    ...(instruction === undefined ? {} : { goal: { instruction } }),
    ...(Object.keys(dropped).length === 0 ? {} : { dropped }),
  };
}

function finalReward(record: ConversationRecord, context: RowContext): number {
  const reward = record.reward ?? context.reward;
  if (reward === undefined) {
    throw context.invalid("reward", "not recorded; --reward NUMBER gives one to all such episodes");
  }
  if (!(reward >= 0 && reward <= 1)) {
    throw context.invalid("reward", `expected a number from 0 to 1, got ${reward}`);
  }
  return reward;
}

/** As `parseMessage`, and also where the action stands on the lines below `Action:`. */
export function actionOf(message: string): string {
  const { action } = parseMessage(message);
  if (action !== "") return action;
  return /^Action:\s*([\s\S]*)/m.exec(message)?.[1]?.trim() ?? "";
}

/** WebShop's text observations begin with the instruction. */
function webShopInstruction(observation: string): string | undefined {
  return /Instruction:\s*\[SEP\]\s*(.+?)\s*\[SEP\]/.exec(observation)?.[1];
}
