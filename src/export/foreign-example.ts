import { basename } from "node:path";
import { z } from "zod";
import { stemOf } from "../formats/input-file.ts";
import { countUnknownKeys } from "../formats/row-format.ts";
import { InvalidRowError, parseLine, type Row } from "../formats/rows.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import { foreignMessageSchema, foreignMessages } from "./foreign-messages.ts";
import { readTools } from "./foreign-tools.ts";

/** Which of the assistant's messages are trained on in a row that does not say so. */
export type UnflaggedTargets = "all" | "last";

export interface ForeignExample {
  readonly example: TrainingExample;
  readonly dropped?: Readonly<Record<string, number>>;
  readonly assumedTargets?: number;
}

/** A row of a dataset, with what it takes to speak of it. */
export interface SourceRow extends Row {
  readonly file: string;
}

const flag = z.union([z.number(), z.boolean()]).nullish();
const flags = { weight: flag, train: flag, loss: flag };
const flagNames = ["weight", "train", "loss"] as const;
const messagesSchema = z.looseObject({
  messages: z.array(foreignMessageSchema.extend(flags)),
  weight: z.number().nullish(),
});
const shareGptSchema = z.looseObject({
  conversations: z.array(
    z.looseObject({ from: z.enum(["system", "human", "gpt"]), value: z.string(), ...flags }),
  ),
  weight: z.number().nullish(),
});
const shareGptRoles = { system: "system", human: "user", gpt: "assistant" } as const;
type Flags = z.infer<z.ZodObject<typeof flags>>;

/** What stands for pictures and sound in the rows of trainers; training on the text alone would teach something else. */
const media = ["image", "images", "video", "videos", "audio", "audios"];

/**
 * An example in the form of another program: `messages` with or without tool calls, or ShareGPT's `conversations`.
 * @throws InvalidRowError naming the field that is wrong or that an example cannot hold.
 */
export function foreignExample(value: unknown, row: SourceRow, unflagged: UnflaggedTargets): ForeignExample {
  const { file, line } = row;
  const fail = (field: string, problem: string): never => {
    throw new InvalidRowError(file, line, field, problem);
  };
  if (typeof value === "object" && value !== null) {
    if ("input_ids" in value) fail("input_ids", "tokens cannot be turned back into messages");
    for (const [key, content] of Object.entries(value)) {
      const isEmpty = content === null || content === "" || (Array.isArray(content) && content.length === 0);
      if (media.includes(key) && !isEmpty) fail(key, "an example holds text only");
    }
  }
  const dropped: Record<string, number> = {};
  const { written, messages, rest } = readMessages(value, row, dropped);
  const { id: given = rest.item_id, weight: rowWeight, tools: writtenTools, ...others } = rest;
  countUnknownKeys(dropped, others, ["item_id", ...media]);
  const tools = readTools(writtenTools, row, dropped);
  const { targets, assumedTargets } = targetsOf(written, messages, unflagged, fail);
  const id =
    typeof given === "string" || typeof given === "number" ? String(given) : `${stemOf(file)}-${line}`;
  return {
    example: {
      id,
      taskId: id,
      messages,
      weights: targets.map((target) => target * (rowWeight ?? 1)),
      ...(tools.length === 0 ? {} : { tools }),
      origin: { trajectoryId: id, importantState: 0, reason: `Read from ${basename(file)}, line ${line}.` },
    },
    ...(Object.keys(dropped).length === 0 ? {} : { dropped }),
    ...(assumedTargets === 0 ? {} : { assumedTargets }),
  };
}

interface ReadMessages {
  /** As long as `messages`. */
  readonly written: readonly Flags[];
  readonly messages: TrainingExample["messages"];
  /** The other columns of the row. */
  readonly rest: Readonly<Record<string, unknown>> & { readonly weight?: number | null | undefined };
}

function readMessages(value: unknown, row: SourceRow, dropped: Record<string, number>): ReadMessages {
  const line = { line: row.line, value };
  if (typeof value === "object" && value !== null && "conversations" in value) {
    const { conversations, ...rest } = parseLine(row.file, line, shareGptSchema);
    for (const message of conversations)
      countUnknownKeys(dropped, message, ["from", "value", ...flagNames], "conversations");
    const messages = conversations.map(({ from, value: content }) => ({
      role: shareGptRoles[from],
      content,
    }));
    return { written: conversations, messages, rest };
  }
  const { messages: written, ...rest } = parseLine(row.file, line, messagesSchema);
  const messages = foreignMessages(
    written.map(({ weight: _, train: __, loss: ___, ...message }) => message),
    row,
    dropped,
  );
  return { written, messages, rest };
}

function targetsOf(
  written: readonly Flags[],
  messages: TrainingExample["messages"],
  unflagged: UnflaggedTargets,
  fail: (field: string, problem: string) => never,
): { readonly targets: readonly number[]; readonly assumedTargets: number } {
  const given = written.map((message, index) => {
    const own = flagNames.flatMap((name) => message[name] ?? []).map(Number);
    if (own.some((value) => value === 0) && own.some((value) => value !== 0)) {
      fail(
        `messages.${index}`,
        `${flagNames.filter((name) => message[name] != null).join(" and ")} contradict each other`,
      );
    }
    return own[0];
  });
  const isAssistant = messages.map(({ role }) => role === "assistant");
  const saysNothing = given.every((value, index) => value === undefined || isAssistant[index] !== true);
  const last = isAssistant.lastIndexOf(true);
  const isAssumed = (index: number): boolean =>
    isAssistant[index] === true && (!saysNothing || unflagged === "all" || index === last);
  return {
    targets: given.map((value, index) => value ?? Number(isAssumed(index))),
    assumedTargets: saysNothing ? isAssistant.filter((_, index) => isAssumed(index)).length : 0,
  };
}
