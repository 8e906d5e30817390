import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { bytesOfCharacters } from "./byte-level.ts";
import { ChatTemplateError, type RenderChat } from "./chat-template.ts";
import type { EncodedChat, SpecialTokenIds } from "./encoded-chat.ts";
import { endedMessage, ownersOf } from "./message-owners.ts";
import { findMessages } from "./message-spans.ts";
import { type AddedToken, specialTokenSplitter } from "./special-token-splitter.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface HuggingFaceTokenizerSource {
  /** The content of `tokenizer.json`. */
  readonly content: unknown;
  /** Its path, for messages. */
  readonly file: string;
  readonly renderChat: RenderChat;
  readonly specialIds: SpecialTokenIds;
  /** Tokens at which generation ends, by the model's own files. */
  readonly endTokens: readonly number[];
  /** The tokenizer's files as they were read: name -> content. */
  readonly files: ReadonlyMap<string, string>;
}

/** What is used of the library's tokenizer (its own type declarations cannot be resolved by TypeScript in Node mode). */
interface Library {
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: readonly (number | undefined)[] };
  decode(
    ids: readonly number[],
    options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean },
  ): string;
}

const id = z.number().int().nonnegative();
const fileSchema = z.looseObject({
  added_tokens: z.array(
    z.looseObject({
      id,
      content: z.string().min(1),
      special: z.boolean().default(false),
      lstrip: z.boolean().default(false),
      rstrip: z.boolean().default(false),
      // The library ignores it, which would give other tokens than the model was trained on.
      single_word: z
        .literal(false, { error: "tokens that count only as whole words are not supported" })
        .default(false),
    }),
  ),
  pre_tokenizer: z.looseObject({ type: z.string() }).nullish(),
  model: z.looseObject({
    type: z.literal("BPE", { error: "only byte-pair encoding (BPE) is supported" }).default("BPE"),
    vocab: z.record(z.string(), id),
    unk_token: z.string().nullish(),
  }),
});

/** Characters of text whose ids are remembered: a conversation repeats its earlier turns. */
const rememberedCharacters = 4_000_000;

/**
 * Any byte-pair tokenizer of the Hugging Face libraries with its chat template. The template's text is tokenised as a
 * whole, as `apply_chat_template` does, but a special token counts only where the template wrote it, never in a
 * message's text.
 * @throws InvalidFileError naming the field that is wrong.
 */
export function createHuggingFaceTokenizer(source: HuggingFaceTokenizerSource): Tokenizer {
  const { file, renderChat } = source;
  const content = parseFile(source.content, file);
  const tokenOf = new Map(Object.entries(content.model.vocab).map(([token, each]) => [each, token]));
  for (const added of content.added_tokens) tokenOf.set(added.id, added.content);
  const vocabularySize = [...tokenOf.keys()].reduce((a, b) => Math.max(a, b), -1) + 1;
  const special = content.added_tokens.filter((token) => token.special);
  const splitAtSpecialTokens = specialTokenSplitter(special);
  const whole = openLibrary(content, file);
  const { first, further } = textEncoders(content, special, file);
  const remembered = new Map<string, readonly number[]>();
  let charactersRemembered = 0;

  const encodeSection = (text: string, isFirst: boolean): readonly number[] => {
    const key = `${isFirst}${text}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const { ids } = (isFirst ? first : further).encode(text, { add_special_tokens: false });
    const found = ids.filter((each) => each !== undefined);
    if (found.length < ids.length)
      throw new InvalidFileError(file, "model.vocab", "it lacks tokens for a text");
    charactersRemembered += key.length;
    if (charactersRemembered > rememberedCharacters) {
      remembered.clear();
      charactersRemembered = key.length;
    }
    remembered.set(key, found);
    return found;
  };

  const encodeChat: Tokenizer["encodeChat"] = (messages, { addGenerationPrompt = false } = {}) => {
    const rendered = renderChat(messages, addGenerationPrompt);
    const spans = findMessages(messages, (each) => renderChat(each, addGenerationPrompt));
    if (spans === undefined) {
      throw new ChatTemplateError(`the chat template of ${file} changes or moves the text of messages`, {
        hint: "Another template can be put into chat_template.jinja in the model's directory.",
      });
    }
    const ids: number[] = [];
    const messageOf: number[] = [];
    for (const section of splitAtSpecialTokens(rendered, spans)) {
      if (section.token !== undefined) {
        ids.push(section.token.id);
        messageOf.push(endedMessage(rendered, spans, section.start));
        continue;
      }
      const sectionIds = encodeSection(section.text, section.start === 0);
      const owners = ownersOf(section, spans, (text) => encodeSection(text, section.start === 0), sectionIds);
      for (const [index, each] of sectionIds.entries()) {
        ids.push(each);
        messageOf.push(owners[index] ?? -1);
      }
    }
    return { ids, messageOf };
  };

  const endTokens = [...new Set([...turnEnd(encodeChat, special), ...source.endTokens])];
  if (endTokens.length === 0) {
    throw new InvalidFileError(file, "eos_token_id", "no token ends a message", {
      hint: "It stands in generation_config.json or config.json, or the chat template ends each answer with a special token.",
    });
  }
  return {
    vocabularySize,
    endTokens,
    neverWritten: special.map((token) => token.id).filter((each) => !endTokens.includes(each)),
    has: (each) => tokenOf.has(each),
    specialIds: source.specialIds,
    encode: (text) => (text === "" ? [] : [...encodeSection(text, true)]),
    decode: (ids) => {
      for (const each of ids) {
        if (!tokenOf.has(each)) throw new RangeError(`the tokenizer has no token ${each}`);
      }
      if (ids.length === 0) return "";
      return whole.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
    bytesOf: (each) => bytesOf(tokenOf.get(each) ?? "", each, content.added_tokens),
    encodeChat,
    files: () => source.files,
  };
}

type FileContent = z.infer<typeof fileSchema>;

function parseFile(content: unknown, file: string): FileContent {
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InvalidFileError(file, issue?.path.join(".") || "content", issue?.message ?? "unknown form");
}

function openLibrary(content: unknown, file: string): Library {
  try {
    return new LibraryTokenizer(Object(content), { clean_up_tokenization_spaces: false });
  } catch (cause) {
    throw new InvalidFileError(file, "content", "the tokenizer library cannot read it", { cause });
  }
}

/**
 * Tokenizers that know no special token, for the text between special tokens: for text at the beginning, and for
 * text further on, before which some tokenizers put no space.
 */
function textEncoders(content: FileContent, special: readonly AddedToken[], file: string) {
  const names = new Set(special.map((token) => token.content));
  const { vocab, unk_token: unknown } = content.model;
  const plain = {
    ...content,
    added_tokens: content.added_tokens.filter((token) => !token.special),
    model: {
      ...content.model,
      vocab: Object.fromEntries(
        Object.entries(vocab).filter(([token]) => token === unknown || !names.has(token)),
      ),
    },
  };
  const first = openLibrary(plain, file);
  const { pre_tokenizer: cut } = content;
  if (cut?.type !== "Metaspace" || cut.prepend_scheme !== "first") return { first, further: first };
  const never = { ...cut, prepend_scheme: "never" };
  return { first, further: openLibrary({ ...plain, pre_tokenizer: never }, file) };
}

/** The special token that the template puts behind an answer, if it puts one there. */
function turnEnd(encodeChat: Tokenizer["encodeChat"], special: readonly AddedToken[]): number[] {
  let chat: EncodedChat;
  try {
    chat = encodeChat([
      { role: "user", content: "question" },
      { role: "assistant", content: "answer" },
    ]);
  } catch (error) {
    if (error instanceof ChatTemplateError) return [];
    throw error;
  }
  const last = chat.messageOf.lastIndexOf(1);
  const token = chat.ids[last];
  return token !== undefined && special.some((each) => each.id === token) ? [token] : [];
}

function bytesOf(token: string, tokenId: number, added: readonly AddedToken[]): number[] {
  const utf8 = (text: string) => [...new TextEncoder().encode(text)];
  if (added.some((each) => each.id === tokenId)) return utf8(token);
  const fallback = /^<0x([0-9A-F]{2})>$/.exec(token);
  if (fallback?.[1] !== undefined) return [Number.parseInt(fallback[1], 16)];
  // Byte-level vocabularies are written in characters that stand for bytes, others in text with a mark for spaces.
  const bytes = bytesOfCharacters(token);
  return bytes.length === [...token].length ? bytes : utf8(token.replaceAll("\u2581", " "));
}
