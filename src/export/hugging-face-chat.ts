import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { InvalidFileError } from "../errors.ts";
import {
  ChatTemplateError,
  parseChatTemplate,
  type RenderChat,
  type TokenizerConfig,
} from "../model/tokenizer/chat-template.ts";
import { findMessages, type RenderMessages } from "../model/tokenizer/message-spans.ts";
import type { ChatTokenizer } from "./chat-tokenizer.ts";
import { UnfitExampleError } from "./example-format.ts";
import { type TemplateChat, templateChat, textCallsNotes } from "./template-calls.ts";

/** What is used of the library's tokenizer (its own type declarations cannot be resolved by TypeScript in Node mode). */
interface LibraryTokenizer {
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: readonly number[] };
  decode(
    ids: readonly number[],
    options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean },
  ): string;
}

const addedTokensSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ content: z.string(), special: z.boolean() })).optional(),
});

/** The chat template of a tokenizer. */
export interface ChatTemplates {
  readonly text: string;
  /** Where it stands, for messages. */
  readonly file: string;
  /** Another one for conversations with tools, if there is one. */
  readonly forTools?: string;
}

/**
 * Any Hugging Face tokenizer with its chat template. As in the Hugging Face libraries the template's text is tokenised as a
 * whole, without further special tokens, so a special token that stands in a message's text counts as one.
 */
export function createHuggingFaceChat(
  content: unknown,
  config: TokenizerConfig,
  templates: ChatTemplates,
  file: string,
): ChatTokenizer {
  const { added_tokens: added = [] } = parseAddedTokens(content, file);
  const special = added.filter((token) => token.special).map((token) => token.content);
  const tokenizer = openTokenizer(content, config, file);
  const parse = (text: string): RenderChat => parseChatTemplate(text, config, templates.file);
  const renderPlain = parse(templates.text);
  const renderWithTools = templates.forTools === undefined ? renderPlain : parse(templates.forTools);
  const renderChat: RenderChat = (messages, prompt, tools) =>
    (tools === undefined ? renderPlain : renderWithTools)(messages, prompt, tools);
  const encode = (text: string): readonly number[] =>
    text === "" ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids;
  const layOut: ChatTokenizer["layOut"] = (example) => templateChat(example, renderChat, templates.file);

  /** The transcript and where its messages stand. */
  const place = ({ messages, tools }: TemplateChat) => {
    const render: RenderMessages = (each, prompt = false) => renderChat(each, prompt, tools);
    try {
      return { rendered: render(messages), spans: findMessages(messages, render) };
    } catch (error) {
      throw error instanceof ChatTemplateError ? new UnfitExampleError("messages", error.message) : error;
    }
  };

  return {
    kind: "hugging-face",
    marksGeneration: [templates.text, templates.forTools ?? templates.text].every(
      (text) => /\{%-?\s*generation\b/.test(text) && /\btrain\b/.test(text),
    ),
    layOut,
    mask: (example) => {
      const { messages, weights } = example;
      const chat = layOut(example);
      const { rendered, spans } = place(chat);
      if (spans === undefined) {
        throw new UnfitExampleError("messages", "the chat template changes or moves the text of messages");
      }
      const ids = encode(rendered);
      const tokenWeights = ids.map(() => 0);
      const notes = new Set(textCallsNotes(chat));
      for (const [index, { start, end, endsTurn }] of spans.entries()) {
        const weight = messages[index]?.role === "assistant" ? (weights[index] ?? 0) : 0;
        if (weight === 0) continue;
        const limit = spans[index + 1]?.start ?? rendered.length;
        const turnEnd = endsTurn === true ? end : endOfTurn(rendered, end, limit, special);
        if (turnEnd === undefined) notes.add("The template ends no assistant message with a special token.");
        const from = tokenAt(ids, encode(rendered.slice(0, start)));
        const to = tokenAt(ids, encode(rendered.slice(0, turnEnd ?? end)));
        if (!from.exact || !to.exact) {
          notes.add(
            "A token holds both the end of one part and the beginning of the next; it counts as trained.",
          );
        }
        tokenWeights.fill(weight, from.index, to.exact ? to.index : to.index + 1);
      }
      return { ids, weights: tokenWeights, notes: [...notes] };
    },
    decode: (ids) =>
      ids.length === 0
        ? ""
        : tokenizer.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
  };
}

/** Behind the special token that follows a message's text, perhaps after white space. */
function endOfTurn(
  rendered: string,
  end: number,
  limit: number,
  special: readonly string[],
): number | undefined {
  const space = /^\s*/.exec(rendered.slice(end, limit))?.[0].length ?? 0;
  const token = special.find((candidate) => rendered.startsWith(candidate, end + space));
  return token === undefined ? undefined : end + space + token.length;
}

/**
 * The index of the token at which a prefix of the text ends, by the prefix's own tokens. Not exact if a token
 * reaches over that place; then it is the index of that token.
 */
function tokenAt(ids: readonly number[], prefix: readonly number[]): { index: number; exact: boolean } {
  const different = prefix.findIndex((id, index) => ids[index] !== id);
  return different < 0 ? { index: prefix.length, exact: true } : { index: different, exact: false };
}

function openTokenizer(content: unknown, config: TokenizerConfig, file: string): LibraryTokenizer {
  try {
    return new HuggingFaceTokenizer(Object(content), config);
  } catch (cause) {
    throw new InvalidFileError(file, "content", "the tokenizer library cannot read it", { cause });
  }
}

function parseAddedTokens(content: unknown, file: string): z.infer<typeof addedTokensSchema> {
  const parsed = addedTokensSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InvalidFileError(file, issue?.path.join(".") ?? "content", issue?.message ?? "unknown form");
}
