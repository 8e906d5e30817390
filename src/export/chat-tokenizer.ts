import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationError, InvalidFileError } from "../errors.ts";
import { chatTemplate as ownTemplate } from "../model/tokenizer/chat.ts";
import {
  type TokenizerConfig,
  templateIn,
  tokenizerConfigSchema,
  toolTemplateIn,
} from "../model/tokenizer/chat-template.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import { type ChatTemplates, createHuggingFaceChat } from "./hugging-face-chat.ts";
import { createOwnChat } from "./own-chat.ts";
import type { TemplateChat } from "./template-calls.ts";

/** The tokens of an example under a tokenizer and its chat template. The arrays are equally long. */
export interface MaskedTokens {
  readonly ids: readonly number[];
  /** Loss weight of each token; 0 where nothing is learned. */
  readonly weights: readonly number[];
  /** What a reader of the mask should know, in sentences. */
  readonly notes: readonly string[];
}

/** A tokenizer with a chat template: tells which tokens of an example are trained on. */
export interface ChatTokenizer {
  /** `eef` for the embedded student's, which never reads a special token out of a message's text. */
  readonly kind: "eef" | "hugging-face";
  /** Whether the template encloses messages with `train` in `{% generation %}`, for TRL. */
  readonly marksGeneration: boolean;
  /** The messages as the template is given them: with native tool calls, where it writes all that is in them. */
  layOut(example: Pick<TrainingExample, "messages" | "tools">): TemplateChat;
  /**
   * Trained on are what the assistant writes in each message with a weight, its text and tool calls, and the token that ends its turn.
   * @throws UnfitExampleError if the template refuses the messages or hides where they are.
   */
  mask(example: Pick<TrainingExample, "messages" | "weights" | "tools">): MaskedTokens;
  /** The text of ids, special tokens as they are written. */
  decode(ids: readonly number[]): string;
}

/**
 * Opens a Hugging Face tokenizer directory: `tokenizer.json`, `tokenizer_config.json`, and a chat template in the latter or in
 * `chat_template.jinja`, which goes first. A checkpoint of the embedded student is one too, and is recognised.
 *
 * Throws an InvalidFileError for a file that is missing or wrong, and a ConfigurationError if there is no chat template.
 * @param templateFile A chat template to use instead.
 */
export async function openChatTokenizer(directory: string, templateFile?: string): Promise<ChatTokenizer> {
  const file = join(directory, "tokenizer.json");
  const content = await readJson(file);
  const configPath = join(directory, "tokenizer_config.json");
  const config = parseConfig(existsSync(configPath) ? await readJson(configPath) : {}, configPath);
  const templates = await findTemplates(directory, config, templateFile);
  return templates.text === ownTemplate
    ? createOwnChat(content, file)
    : createHuggingFaceChat(content, config, templates, file);
}

async function findTemplates(
  directory: string,
  config: TokenizerConfig,
  given: string | undefined,
): Promise<ChatTemplates> {
  if (given !== undefined) return { text: await readText(given), file: given };
  const separate = join(directory, "chat_template.jinja");
  if (existsSync(separate)) {
    const forTools = join(directory, "additional_chat_templates", "tool_use.jinja");
    return {
      text: await readText(separate),
      file: separate,
      ...(existsSync(forTools) ? { forTools: await readText(forTools) } : {}),
    };
  }
  const template = templateIn(config);
  const forTools = toolTemplateIn(config);
  if (template === undefined) {
    throw new ConfigurationError(`${directory} holds no chat template.`, {
      hint: "It stands in tokenizer_config.json or chat_template.jinja of a chat model; --template FILE names another.",
    });
  }
  return {
    text: template,
    file: join(directory, "tokenizer_config.json"),
    ...(forTools === undefined ? {} : { forTools }),
  };
}

function parseConfig(json: unknown, file: string): TokenizerConfig {
  const parsed = tokenizerConfigSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InvalidFileError(file, issue?.path.join(".") ?? "content", issue?.message ?? "unknown form");
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidFileError(file, "content", "not JSON", { cause });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new InvalidFileError(file, "the file", "cannot be read", {
      cause,
      hint: "--tokenizer names a folder with tokenizer.json and tokenizer_config.json, such as a checkpoint.",
    });
  }
}
