import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { z } from "zod";
import { nameBeside } from "../files.ts";
import { parseLine, parseRowJson, type Row, readRows } from "../formats/rows.ts";
import { trainingExampleSchema } from "../methods/examples.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import { type Message, messageSchema } from "../trajectory.ts";

/**
 * `NAME.origins.jsonl` beside a dataset: for each example what its rows have no room for. With it the rows can be read back as the
 * examples that they were made of, up to the last target.
 */
const originSchema = z.object({
  ...trainingExampleSchema.pick({ id: true, taskId: true, weights: true, origin: true, tools: true }).shape,
  /** The messages that are native tool calls, by their index. */
  calls: z.record(z.string(), messageSchema).exactOptional(),
  /** By which its rows are known again, wherever they stand. */
  digests: z.array(z.string()).min(1),
});
type Origin = z.infer<typeof originSchema>;

/** A row of a dataset whose example is known. */
export interface KnownRow {
  readonly origin: Origin;
  /** Which of the example's rows it is, from 0. */
  readonly part: number;
}

/** One line for the rows of an example; the first of them is row `firstRow` of the dataset, from 0. */
export function originLine(example: TrainingExample, rows: readonly string[], firstRow: number): string {
  const { id, taskId, weights, origin, tools, messages } = example;
  const calls = messages.flatMap((message, index) =>
    message.toolCall === undefined ? [] : [[index, message] as const],
  );
  const line = {
    id,
    taskId,
    firstRow,
    rows: rows.length,
    weights,
    origin,
    ...(tools === undefined ? {} : { tools }),
    ...(calls.length === 0 ? {} : { calls: Object.fromEntries(calls) }),
    digests: rows.map(digestOf),
  };
  return `${JSON.stringify(line)}\n`;
}

/** Finds the example that a row of the file was written for; each row of the origins is found once. */
export async function readOrigins(file: string): Promise<(row: Row) => KnownRow | undefined> {
  const beside = nameBeside(file.replace(/\.gz$/, ""), "origins");
  const known = new Map<string, KnownRow[]>();
  if (existsSync(beside)) {
    for await (const { text } of readRows(beside)) {
      const origin = readOrigin(text);
      if (origin === undefined) continue;
      for (const [part, digest] of origin.digests.entries()) {
        const same = known.get(digest);
        if (same === undefined) known.set(digest, [{ origin, part }]);
        else same.push({ origin, part });
      }
    }
  }
  return ({ text, isDamaged }) => {
    // Rows of tokens hold no messages to restore.
    const canBeKnown = isDamaged !== true && text.startsWith('{"messages":');
    return canBeKnown ? known.get(digestOf(text))?.shift() : undefined;
  };
}

/** Undefined for a line that tells too little, as those of earlier versions: its rows are then read as anybody's. */
function readOrigin(text: string): Origin | undefined {
  try {
    return originSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const rowSchema = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
});
const roles: Readonly<Record<string, Message["role"]>> = {
  system: "system",
  assistant: "assistant",
  function_call: "assistant",
};

/**
 * The example up to the end of a row.
 * @param targets `all` of them, or the `last` one only, where the rows before it are missing.
 */
export function restoreExample(
  file: string,
  row: Row,
  { origin: known, part }: KnownRow,
  targets: "all" | "last",
): TrainingExample {
  const { id, taskId, weights, origin, tools, calls = {} } = known;
  const value = { line: row.line, value: parseRowJson(file, row) };
  const written = parseLine(file, value, rowSchema).messages;
  const messages = written.map(
    ({ role, content }, index) => calls[String(index)] ?? { role: roles[role] ?? "user", content },
  );
  const { messageReasons, ...rest } = origin;
  return {
    id: targets === "all" ? id : `${id}#${part + 1}`,
    taskId,
    messages,
    weights: messages.map((_, index) =>
      targets === "all" || index === messages.length - 1 ? (weights[index] ?? 0) : 0,
    ),
    ...(tools === undefined ? {} : { tools }),
    origin:
      messageReasons === undefined
        ? rest
        : { ...rest, messageReasons: messageReasons.slice(0, messages.length) },
  };
}

function digestOf(row: string): string {
  return createHash("sha256").update(row).digest("base64url").slice(0, 22);
}
