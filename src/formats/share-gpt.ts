import { z } from "zod";
import { type Turn, trajectoryFromConversation } from "./conversation.ts";
import type { TrajectoryFormat } from "./format.ts";
import { countUnknownKeys, rowFormat } from "./row-format.ts";

/**
 * The ShareGPT files of two agent benchmarks. Both begin with instructions as a human's message that is answered "OK".
 *
 * ETO (Song et al. 2024, arXiv 2403.02502): `id`, `conversations[{from, value}]`, and `reward` in WebShop's file. What its
 * own evaluation writes has `meta.reward` and `meta.terminate_reason` too, and worked examples before the task, which only `skip` can tell:
 * 10 messages in WebShop, 16 in ScienceWorld, 12 in ALFWorld.
 *
 * AgentGym (Xi et al. 2024, arXiv 2406.04151): `item_id`, `conversations[{from, value, loss}]`, no reward.
 */

const turnSchema = z.looseObject({ from: z.enum(["system", "human", "gpt"]), value: z.string() });
type ShareGptTurn = z.infer<typeof turnSchema>;

const etoSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  conversations: z.array(turnSchema),
  reward: z.number().nullish(),
  meta: z.looseObject({ reward: z.number().nullish(), terminate_reason: z.string().nullish() }).optional(),
});

export const etoFormat: TrajectoryFormat = rowFormat({
  name: "eto",
  description: "ShareGPT conversations of ETO, with id",
  recognizes: (value) => hasConversations(value) && "id" in value,
  schema: etoSchema,
  numbersTwins: true,
  convert: (record, context) => {
    const dropped: Record<string, number> = {};
    countUnknownKeys(dropped, record, ["id", "conversations", "reward", "meta"]);
    countUnknownKeys(dropped, record.meta ?? {}, ["reward", "terminate_reason"], "meta");
    for (const turn of record.conversations)
      countUnknownKeys(dropped, turn, ["from", "value"], "conversations");
    return trajectoryFromConversation(
      {
        id: `eto/${record.id}`,
        taskId: String(record.id),
        policy: "eto",
        reward: record.reward ?? record.meta?.reward,
        ...(record.meta?.terminate_reason === "max_steps" ? { stopReason: "step-limit" as const } : {}),
        turns: turnsOf(record.conversations),
        prologue: context.skip ?? prologueOf(record.conversations),
        // What ETO's environments answer to an action that they cannot take.
        refuses: (observation) => /^Observation: Invalid (action|format)/.test(observation),
        dropped,
      },
      context,
    );
  },
});

const agentGymSchema = z.looseObject({
  item_id: z.string(),
  conversations: z.array(turnSchema.extend({ loss: z.boolean().nullish() })),
});

export const agentGymFormat: TrajectoryFormat = rowFormat({
  name: "agentgym",
  description: "ShareGPT conversations of AgentGym, with item_id",
  recognizes: (value) =>
    typeof value === "object" && value !== null && "item_id" in value && "conversations" in value,
  schema: agentGymSchema,
  numbersTwins: true,
  convert: (record, context) => {
    const dropped: Record<string, number> = {};
    countUnknownKeys(dropped, record, ["item_id", "conversations"]);
    // A trajectory has no loss: which action is trained on is what a method decides. `eef export` keeps it.
    for (const turn of record.conversations)
      countUnknownKeys(dropped, turn, ["from", "value"], "conversations");
    return trajectoryFromConversation(
      {
        id: `agentgym/${record.item_id}`,
        taskId: record.item_id,
        policy: "agentgym",
        turns: turnsOf(record.conversations),
        prologue: context.skip ?? prologueOf(record.conversations),
        dropped,
      },
      context,
    );
  },
});

function hasConversations(value: unknown): value is { readonly conversations: readonly unknown[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "conversations" in value &&
    Array.isArray(value.conversations)
  );
}

const roles = { system: "system", human: "user", gpt: "assistant" } as const;

function turnsOf(conversations: readonly ShareGptTurn[]): Turn[] {
  return conversations.map(({ from, value }, index) => ({
    role: roles[from],
    content: value,
    field: `conversations.${index}.from`,
    textField: `conversations.${index}.value`,
  }));
}

/** System messages, and instructions with the "OK" that answers them. */
function prologueOf(conversations: readonly ShareGptTurn[]): number {
  const system = conversations.findIndex(({ from }) => from !== "system");
  const start = Math.max(system, 0);
  const answer = conversations[start + 1];
  const isAnswered =
    answer?.from === "gpt" && /^ok\b/i.test(answer.value.trim()) && !/^Action:/m.test(answer.value);
  return isAnswered ? start + 2 : start;
}
