import type { Message } from "../../trajectory.ts";
import type { EncodedChat } from "./encoded-chat.ts";
import { prettyJson } from "./pretty-json.ts";
import type { StudentTokenizer } from "./tokenizer.ts";
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

/** The student's tokenizer as files of a checkpoint. */
export function studentFiles(
  tokenizer: StudentTokenizer,
  maximumPositions: number,
): ReadonlyMap<string, string> {
  const generation = {
    do_sample: true,
    temperature: 1,
    eos_token_id: tokenizer.special.end,
    pad_token_id: tokenizer.special.pad,
  };
  return new Map([
    ["tokenizer.json", JSON.stringify(tokenizer.file)],
    ["tokenizer_config.json", prettyJson(tokenizerConfiguration(maximumPositions))],
    ["generation_config.json", prettyJson(generation)],
  ]);
}

/**
 * The token ids of one message, its role and `<|end|>` included. Each message is tokenised alone, so the ids of a
 * longer transcript begin with those of every shorter one.
 */
export function encodeMessage(tokenizer: StudentTokenizer, message: Message): number[] {
  return [tokenizer.special[message.role], ...tokenizer.encode(message.content), tokenizer.special.end];
}

/** `Tokenizer.encodeChat` of the student: of each message all but the role is written by its writer. */
export function encodeStudentChat(
  tokenizer: StudentTokenizer,
  messages: readonly Message[],
  addGenerationPrompt = false,
): EncodedChat {
  const ids: number[] = [];
  const messageOf: number[] = [];
  for (const [index, message] of messages.entries()) {
    for (const [position, id] of encodeMessage(tokenizer, message).entries()) {
      ids.push(id);
      messageOf.push(position === 0 ? -1 : index);
    }
  }
  if (addGenerationPrompt) {
    ids.push(tokenizer.special.assistant);
    messageOf.push(-1);
  }
  return { ids, messageOf };
}
