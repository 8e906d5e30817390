import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../model/tokenizer/train.ts";
import type { ChatTokenizer } from "./chat-tokenizer.ts";
import { createHuggingFaceChat } from "./hugging-face-chat.ts";

/** The chat templates of well-known models, in short. */
export const templates = {
  ChatML:
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\\nYou help.<|im_end|>\\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}",
  "Llama 3":
    "{% for message in messages %}{% set content = '<|start|>' + message['role'] + '<|stop|>\\n\\n' + message['content'] | trim + '<|im_end|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}",
  "without end of turn":
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}",
  "with a thought before the last answer":
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}{% if loop.last %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{{ message['content'] + '<|im_end|>\\n' }}{% endfor %}",
};

const file = trainTokenizer(["search lamp Buy Now Thought Action click"], {
  vocabularySize: 420,
  domainTokens: [" [SEP]"],
});
/** The embedded student's. */
export const own = createTokenizer(file);

/** The tokenizer with the special tokens of the templates above added. */
const foreignFile = {
  ...own.file,
  added_tokens: [
    ...own.file.added_tokens,
    ...["<|im_start|>", "<|im_end|>", "<|begin|>", "<|eot_id|>"].map((content, index) => ({
      id: own.vocabularySize + index,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
  ],
};

/** A chat tokenizer as of a model from elsewhere. */
export function chatWith(template: string): ChatTokenizer {
  return createHuggingFaceChat(
    foreignFile,
    { bos_token: "<|begin|>" },
    { text: template, file: "chat_template.jinja" },
    "tokenizer.json",
  );
}

/** The trained stretches of text. */
export function trainedTexts(chat: ChatTokenizer, example: Parameters<ChatTokenizer["mask"]>[0]): string[] {
  const { ids, weights } = chat.mask(example);
  const runs: number[][] = [];
  let wasTrained = false;
  for (const [index, id] of ids.entries()) {
    const isTrained = (weights[index] ?? 0) > 0;
    if (isTrained && !wasTrained) runs.push([]);
    if (isTrained) runs.at(-1)?.push(id);
    wasTrained = isTrained;
  }
  return runs.map((run) => chat.decode(run));
}
