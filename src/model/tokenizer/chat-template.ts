import { Template } from "@huggingface/jinja";
import { z } from "zod";
import { EefError, InvalidFileError } from "../../errors.ts";
import type { ToolDeclaration } from "../../trajectory.ts";

const tokenText = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();

/** What is used of `tokenizer_config.json`. */
export const tokenizerConfigSchema = z.looseObject({
  bos_token: tokenText,
  eos_token: tokenText,
  pad_token: tokenText,
  unk_token: tokenText,
  chat_template: z
    .union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))])
    .nullish(),
});
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

/** The chat template in `tokenizer_config.json`: its only one, or that named "default". */
export function templateIn({ chat_template: configured }: TokenizerConfig): string | undefined {
  return typeof configured === "string" ? configured : templateNamed("default", configured);
}

/** The chat template in `tokenizer_config.json` that the Hugging Face libraries prefer where there are tools, if it has one of its own. */
export function toolTemplateIn({ chat_template: configured }: TokenizerConfig): string | undefined {
  return typeof configured === "string" ? undefined : templateNamed("tool_use", configured);
}

function templateNamed(
  wanted: string,
  templates: Exclude<TokenizerConfig["chat_template"], string>,
): string | undefined {
  return templates?.find(({ name }) => name === wanted)?.template;
}

/** A message as chat templates are given it: the protocol of OpenAI's chat completions, but a call's arguments are data. */
export interface TemplateMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly tool_calls?: readonly TemplateToolCall[];
  /** Of a tool's answer. */
  readonly tool_call_id?: string;
}

export interface TemplateToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
}

export interface TemplateTool {
  readonly type: "function";
  readonly function: ToolDeclaration;
}

/** Writes messages as the text that the model was trained on. */
export type RenderChat = (
  messages: readonly TemplateMessage[],
  addGenerationPrompt: boolean,
  tools?: readonly TemplateTool[],
) => string;

/** The messages cannot be written in the chat format of the model. */
export class ChatTemplateError extends EefError {
  override readonly name = "ChatTemplateError";
}

/**
 * Reads a chat template.
 * @param file Where it stands, for messages.
 * @returns A function that throws a ChatTemplateError if the template refuses the messages.
 * @throws InvalidFileError if it is no Jinja template.
 */
export function parseChatTemplate(text: string, config: TokenizerConfig, file: string): RenderChat {
  const template = parseTemplate(text, file);
  // Where a tokenizer has no such token, the Hugging Face libraries give the template none, which it prints as nothing.
  const tokens = Object.fromEntries(
    (["bos_token", "eos_token", "pad_token", "unk_token"] as const).map((name) => {
      const token = config[name];
      return [name, typeof token === "string" ? token : (token?.content ?? "")];
    }),
  );
  return (messages, addGenerationPrompt, tools) => {
    // What else stands in a message is not for templates; and some ask whether there are calls by asking for the field.
    const given = messages.map(({ role, content, tool_calls, tool_call_id }) => ({
      role,
      content,
      ...(tool_calls === undefined ? {} : { tool_calls }),
      ...(tool_call_id === undefined ? {} : { tool_call_id }),
    }));
    try {
      return template.render({
        ...tokens,
        [dateVariable]: fixedDate,
        messages: given,
        add_generation_prompt: addGenerationPrompt,
        tools: tools ?? null,
      });
    } catch (cause) {
      throw new ChatTemplateError(`the chat template of ${file} refuses the messages: ${messageOf(cause)}`, {
        cause,
        hint: "Some models take no system message, or want user and assistant in turns.",
      });
    }
  };
}

const dateVariable = "the_date_that_templates_print";

/**
 * The date for templates that print it: always that of Llama 3's templates, which they fall back on themselves. With today's,
 * a model would read other prompts than those that it was trained on, and other ones every day.
 */
const dateParts: Readonly<Record<string, string>> = {
  "%Y": "2024",
  "%m": "07",
  "%d": "26",
  "%b": "Jul",
  "%B": "July",
  "%H": "00",
  "%M": "00",
  "%%": "%",
};

function fixedDate(format: string): string {
  return format.replace(/%./g, (part) => dateParts[part] ?? part);
}

function parseTemplate(text: string, file: string): Template {
  try {
    // The newline belongs to the tag, so the text begins as it would alone. Jinja reads every line break as the same one.
    const lines = text.replaceAll(/\r\n?/g, "\n");
    return new Template(`{% set strftime_now = ${dateVariable} %}\n${lines}`);
  } catch (cause) {
    throw new InvalidFileError(file, "chat template", `not a Jinja template (${messageOf(cause)})`, {
      cause,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
