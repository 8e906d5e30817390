import { join } from "node:path";
import { z } from "zod";
import { ConfigurationError } from "../../errors.ts";
import { chatTemplate as studentTemplate } from "../tokenizer/chat.ts";
import {
  parseChatTemplate,
  type TokenizerConfig,
  templateIn,
  tokenizerConfigSchema,
} from "../tokenizer/chat-template.ts";
import type { SpecialTokenIds } from "../tokenizer/encoded-chat.ts";
import { createHuggingFaceTokenizer } from "../tokenizer/hugging-face-tokenizer.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { parseJson, parseJsonAs, readIfPresent } from "./json-file.ts";
import { readText } from "./open-file.ts";

const tokenizerFile = "tokenizer.json";
const configFile = "tokenizer_config.json";
/** Goes before the template in `tokenizer_config.json`. */
const templateFile = "chat_template.jinja";
const generationFile = "generation_config.json";

const generationSchema = z.looseObject({
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
});

/**
 * The files beside `tokenizer.json` that decide what a model reads and writes: none for the student's own
 * tokenizer, whose chat format is fixed.
 */
export async function conversationFiles(directory: string): Promise<readonly string[]> {
  const { template } = await readTemplate(directory);
  if (template === studentTemplate) return [];
  return [configFile, templateFile, generationFile];
}

/**
 * Reads the tokenizer of a model directory: the student's own, recognised by its chat template, or any other.
 * @param special What `config.json` says about special tokens.
 * @throws InvalidFileError naming the file and field that is wrong.
 * @throws ConfigurationError if there is no chat template.
 */
export async function readTokenizer(directory: string, special: SpecialTokenIds): Promise<Tokenizer> {
  const file = join(directory, tokenizerFile);
  const text = await readText(file, {
    hint: "A model directory holds config.json, model.safetensors and tokenizer.json; transformers writes the latter for older tokenizers too.",
  });
  const content = parseJson(text, file);
  const { template, config, files } = await readTemplate(directory);
  if (template === studentTemplate) return createTokenizer(content, file);
  if (template === undefined) {
    throw new ConfigurationError(`${directory} holds no chat template, so nobody can talk to this model.`, {
      hint: `It stands in ${templateFile} or ${configFile} of a chat model; one for another model can be put into ${templateFile}.`,
    });
  }
  const generationPath = join(directory, generationFile);
  const generation = await readIfPresent(generationPath);
  const configured =
    generation === undefined
      ? undefined
      : parseJsonAs(generation, generationSchema, generationPath).eos_token_id;
  return createHuggingFaceTokenizer({
    content,
    file,
    renderChat: parseChatTemplate(
      template,
      config,
      join(directory, files.has(templateFile) ? templateFile : configFile),
    ),
    specialIds: special,
    endTokens: [configured ?? special.eos ?? []].flat().filter((id) => id >= 0),
    files: new Map([
      [tokenizerFile, text],
      ...files,
      ...(generation === undefined ? [] : [[generationFile, generation] as const]),
    ]),
  });
}

async function readTemplate(directory: string): Promise<{
  readonly template: string | undefined;
  readonly config: TokenizerConfig;
  /** The files read, by name. */
  readonly files: ReadonlyMap<string, string>;
}> {
  const files = new Map<string, string>();
  for (const name of [configFile, templateFile]) {
    const text = await readIfPresent(join(directory, name));
    if (text !== undefined) files.set(name, text);
  }
  const configText = files.get(configFile);
  const config =
    configText === undefined
      ? {}
      : parseJsonAs(configText, tokenizerConfigSchema, join(directory, configFile));
  return { template: files.get(templateFile) ?? templateIn(config), config, files };
}
