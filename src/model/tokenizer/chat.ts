import type { Message } from "../../trajectory.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { specialTokens } from "./tokenizer-file.ts";

/** The chat format as the Jinja template of `tokenizer_config.json`: `<|role|>content<|end|>` for each message. */
export const chatTemplate =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * What the Hugging Face libraries read beside `tokenizer.json`. They tokenise the template's text as a whole, so for
 * them a special token inside a message counts; in this program it never does.
 */
export function tokenizerConfiguration(contextLength: number) {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: null,
    eos_token: specialTokens.end,
    pad_token: specialTokens.pad,
    unk_token: null,
    additional_special_tokens: [specialTokens.system, specialTokens.user, specialTokens.assistant],
    add_bos_token: false,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    model_max_length: contextLength,
    chat_template: chatTemplate,
  };
}

/**
 * The token ids of one message, its role and `<|end|>` included. Each message is tokenised alone, so the ids of a
 * longer transcript begin with those of every shorter one.
 */
export function encodeMessage(tokenizer: Tokenizer, message: Message): number[] {
  return [tokenizer.special[message.role], ...tokenizer.encode(message.content), tokenizer.special.end];
}

/** The token ids of a transcript, and after it `<|assistant|>` if the model is to speak next. */
export function encodeChat(
  tokenizer: Tokenizer,
  messages: readonly Message[],
  options: { readonly addGenerationPrompt?: boolean } = {},
): number[] {
  const ids = messages.flatMap((message) => encodeMessage(tokenizer, message));
  if (options.addGenerationPrompt === true) ids.push(tokenizer.special.assistant);
  return ids;
}
