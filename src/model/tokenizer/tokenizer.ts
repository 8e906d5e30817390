import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import type { Message } from "../../trajectory.ts";
import { bytesOfCharacters } from "./byte-level.ts";
import { encodeStudentChat, studentFiles } from "./chat.ts";
import type { EncodedChat, SpecialTokenIds } from "./encoded-chat.ts";
import { matcherOf } from "./token-matcher.ts";
import { parseTokenizerFile, specialTokens, type TokenizerFile } from "./tokenizer-file.ts";

/**
 * Turns text into token ids and back, and knows how a conversation is written. Of a text's tokens none is a special
 * token, whatever the text says.
 */
export interface Tokenizer {
  /** Ids are below it; not every id below it needs to have a token. */
  readonly vocabularySize: number;
  /** The tokens that end a message; the first is the one that the chat format writes. */
  readonly endTokens: readonly number[];
  /** The other special tokens, which no message holds. */
  readonly neverWritten: readonly number[];
  /** Whether the id has a token. */
  has(id: number): boolean;
  /** What `config.json` says about special tokens. */
  readonly specialIds: SpecialTokenIds;
  /**
   * The ids of a text from outside (a page, a model's message). `"<|end|>"` in it becomes the tokens of its seven
   * characters; in Hugging Face terms, special tokens are split. A lone surrogate counts as U+FFFD.
   */
  encode(text: string): number[];
  /**
   * The text of ids; special tokens appear as they are written. `decode(encode(text))` is `text` for every
   * well-formed text; bytes that are not UTF-8 become U+FFFD.
   * @throws RangeError for an id that has no token.
   */
  decode(ids: readonly number[]): string;
  /** A token's own bytes; alone they need not be a whole character. */
  bytesOf(id: number): readonly number[];
  /** The token ids of a transcript, and after it those that begin an answer if the model is to speak next. */
  encodeChat(messages: readonly Message[], options?: { readonly addGenerationPrompt?: boolean }): EncodedChat;
  /** The tokenizer's files in a checkpoint of a model with so many positions: name -> content. */
  files(maximumPositions: number): ReadonlyMap<string, string>;
}

/** The tokenizer of the embedded student. */
export interface StudentTokenizer extends Tokenizer {
  /** The content of `tokenizer.json`. */
  readonly file: TokenizerFile;
  /** The ids of the special tokens. */
  readonly special: Readonly<Record<keyof typeof specialTokens, number>>;
}

/**
 * The most pieces whose ids are remembered. Text of one environment repeats its words, so nearly every piece is
 * found; on other text memory must stay bounded.
 */
const rememberedPieces = 50_000;
const longestRememberedPiece = 64;

/** What is used of the library's tokenizer (its own type declarations cannot be resolved by TypeScript in Node mode). */
interface LibraryTokenizer {
  encode(text: string): { readonly ids: readonly number[] };
  decode(ids: readonly number[], options: { readonly clean_up_tokenization_spaces: boolean }): string;
  readonly pre_tokenizer: { pre_tokenize_text(text: string): string[] };
}

/**
 * The student's tokenizer from the content of its `tokenizer.json`. Splitting, merging and decoding are done by
 * `@huggingface/tokenizers`; around it, the ids of each piece are remembered, which makes it about ten times as fast.
 * @param file Where the content comes from, for messages.
 * @throws InvalidFileError naming the field that is wrong.
 */
export function createTokenizer(content: unknown, file = "tokenizer.json"): StudentTokenizer {
  const parsed = parseTokenizerFile(content, file);
  const [split, byteLevel] = parsed.pre_tokenizer.pretokenizers;
  const withParts = (
    parts: Partial<Record<"added_tokens" | "decoder" | "normalizer" | "pre_tokenizer", unknown>>,
  ): LibraryTokenizer =>
    new HuggingFaceTokenizer({ ...parsed, ...parts }, { clean_up_tokenization_spaces: false });
  // The library's ByteLevel decoder loses the spaces of added tokens when it is part of a sequence.
  const [byteLevelDecoder, { pattern: marked, content: unmarked }] = parsed.decoder.decoders;
  const whole = withParts({ decoder: byteLevelDecoder });
  const splitter = withParts({ pre_tokenizer: split }).pre_tokenizer;
  const pieceEncoder = withParts({ normalizer: null, pre_tokenizer: byteLevel, added_tokens: [] });
  const { pattern, content: replacement } = parsed.normalizer;
  const normalize = (text: string): string => text.replaceAll(pattern.String, () => replacement);
  const idOf = new Map(Object.entries(parsed.model.vocab));
  const domainTokens = matcherOf(parsed.added_tokens.filter((token) => !token.special));
  const remembered = new Map<string, readonly number[]>();

  const idOfToken = (token: string): number => {
    const id = idOf.get(token);
    if (id === undefined) throw new RangeError(`token ${JSON.stringify(token)} is not in the vocabulary`);
    return id;
  };
  const idsOfPiece = (piece: string): readonly number[] => {
    const known = remembered.get(piece);
    if (known !== undefined) return known;
    const { ids } = pieceEncoder.encode(piece);
    if (piece.length <= longestRememberedPiece) {
      if (remembered.size >= rememberedPieces) remembered.clear();
      remembered.set(piece, ids);
    }
    return ids;
  };

  const special = {
    pad: idOfToken(specialTokens.pad),
    system: idOfToken(specialTokens.system),
    user: idOfToken(specialTokens.user),
    assistant: idOfToken(specialTokens.assistant),
    end: idOfToken(specialTokens.end),
  };
  const { end, ...never } = special;
  const tokenOf = new Map([...idOf].map(([token, id]) => [id, token]));
  const addedTokens = new Map(parsed.added_tokens.map((token) => [token.id, token.content]));
  const checkId = (id: number): void => {
    if (tokenOf.has(id)) return;
    throw new RangeError(`expected token ids from 0 to ${idOf.size - 1}, got ${id}`);
  };

  const tokenizer: StudentTokenizer = {
    file: parsed,
    vocabularySize: idOf.size,
    special,
    endTokens: [end],
    neverWritten: Object.values(never),
    has: (id) => tokenOf.has(id),
    specialIds: { bos: null, eos: end, pad: special.pad },
    encode: (text) => {
      const result: number[] = [];
      for (const section of splitOffTokens(text, domainTokens)) {
        if (typeof section !== "string") {
          result.push(idOfToken(section.token));
          continue;
        }
        for (const piece of splitter.pre_tokenize_text(normalize(section))) {
          // One by one: a piece may have more ids than a call may have arguments.
          for (const id of idsOfPiece(piece)) result.push(id);
        }
      }
      return result;
    },
    decode: (ids) => {
      for (const id of ids) checkId(id);
      if (ids.length === 0) return "";
      const text = whole.decode([...ids], { clean_up_tokenization_spaces: false });
      return text.replaceAll(marked.String, () => unmarked);
    },
    bytesOf: (id) => {
      checkId(id);
      // Added tokens are written as they are, all others in the characters that stand for bytes.
      const added = addedTokens.get(id);
      return added === undefined
        ? bytesOfCharacters(tokenOf.get(id) ?? "")
        : [...new TextEncoder().encode(added)];
    },
    encodeChat: (messages, chatOptions = {}) =>
      encodeStudentChat(tokenizer, messages, chatOptions.addGenerationPrompt),
    files: (maximumPositions) => studentFiles(tokenizer, maximumPositions),
  };
  return tokenizer;
}

/** The sections of a text between the tokens that `tokens` matches, and those tokens. */
function splitOffTokens(text: string, tokens: RegExp | undefined): (string | { readonly token: string })[] {
  if (tokens === undefined) return [text];
  const result: (string | { readonly token: string })[] = [];
  let start = 0;
  for (const match of text.matchAll(tokens)) {
    if (match.index > start) result.push(text.slice(start, match.index));
    result.push({ token: match[0] });
    start = match.index + match[0].length;
  }
  if (start < text.length) result.push(text.slice(start));
  return result;
}
