import { z } from "zod";
import type { Message } from "../trajectory.ts";
import { withoutNulls } from "./without-nulls.ts";

const textPartSchema = z.looseObject({ type: z.literal("text"), text: z.string() });

const contentSchema = z
  .union([z.string(), z.array(z.unknown())], { error: "expected a text, or a list of parts of type text" })
  .transform((content, context): string => {
    if (typeof content === "string") return content;
    const texts: string[] = [];
    for (const [index, part] of content.entries()) {
      const parsed = textPartSchema.safeParse(part);
      if (parsed.success) {
        texts.push(parsed.data.text);
        continue;
      }
      const path = [index, ...(parsed.error.issues[0]?.path ?? [])];
      context.addIssue({ code: "custom", path, message: "only parts of type text are supported here" });
      return z.NEVER;
    }
    return texts.join("");
  });

/**
 * A message, without its fields that are null: clients send answers back as they got them.
 *
 * Calls of tools and their results are refused, as tools are: chat formats write them each in its own way, and a message left out
 * would make another conversation. What else there may be in a message (`name`, `annotations`) is not shown to a model by its chat
 * format, and is not read.
 */
export const messageSchema = z.preprocess(
  withoutNulls,
  z
    .looseObject({
      // The newer models of OpenAI call their system prompt the developer's.
      role: z
        .enum(["system", "developer", "user", "assistant"], {
          error: "expected system, developer, user or assistant; tools are not supported here",
        })
        .transform((role) => (role === "developer" ? "system" : role)),
      tool_calls: z.array(z.unknown()).max(0, "tools are not supported here").optional(),
      function_call: z.never({ error: "tools are not supported here" }).optional(),
      audio: z.never({ error: "only text is supported here" }).optional(),
      refusal: z.never({ error: "only answers are supported here; give it as content" }).optional(),
      // Of DeepSeek and Mistral: the answer is to go on from this message.
      prefix: z.literal(false, { error: "only false is supported here" }).optional(),
      content: contentSchema,
    })
    .transform(({ role, content }): Message => ({ role, content })),
);
