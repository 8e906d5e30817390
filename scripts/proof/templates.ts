import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hermesTemplate } from "../../src/export/tool-templates.test-helpers.ts";
import { shippedBase } from "../../src/index.ts";

/**
 * A chat template with line breaks around the texts, as ChatML has them: what stands between a role and its text, and behind the token
 * that ends a turn, is neither trained on nor part of a text.
 */
const linesTemplate =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}";

/** The shipped checkpoint under another chat template: a model directory in `folder`. */
export function modelWithLines(folder: string): string {
  return modelWith(linesTemplate, join(folder, "model-with-lines"));
}

/** A template with tools whose turns end with the shipped student's own token, so that its vocabulary is enough. */
export const hermesWords = {
  tools: ["\n\nTools that can be called:\n<tools>", "\n</tools>"],
  end: "<|end|>",
  generation: false,
} as const;

/** The shipped checkpoint under a chat template with tools, in the format of Hermes and Qwen. */
export function modelWithTools(folder: string): string {
  return modelWith(hermesTemplate(hermesWords), join(folder, "model-with-tools"));
}

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ content: z.string() })),
  model: z.looseObject({ vocab: z.record(z.string(), z.number()) }),
});

/**
 * The shipped checkpoint under another chat template.
 * @param specialTokens Tokens that the template needs besides; the first is the one that a text begins with. The model itself gets no weights for them, so it can be tokenised for, and not trained.
 */
export function modelWith(
  template: string,
  directory: string,
  specialTokens: readonly string[] = [],
): string {
  cpSync(shippedBase, directory, { recursive: true });
  const configFile = join(directory, "tokenizer_config.json");
  const config: object = JSON.parse(readFileSync(configFile, "utf8"));
  const [bos = null] = specialTokens;
  writeFileSync(configFile, JSON.stringify({ ...config, bos_token: bos, chat_template: template }));
  const file = join(directory, "tokenizer.json");
  const tokenizer = tokenizerSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const firstId = Object.keys(tokenizer.model.vocab).length;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const known = new Set(tokenizer.added_tokens.map(({ content }) => content));
  const added = specialTokens
    .filter((content) => !known.has(content))
    .map((content, index) => ({ id: firstId + index, content, ...flags }));
  writeFileSync(file, JSON.stringify({ ...tokenizer, added_tokens: [...tokenizer.added_tokens, ...added] }));
  return directory;
}
