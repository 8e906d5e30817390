import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
  const directory = join(folder, "model-with-lines");
  cpSync(shippedBase, directory, { recursive: true });
  const file = join(directory, "tokenizer_config.json");
  const config: object = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...config, chat_template: linesTemplate }));
  return directory;
}
