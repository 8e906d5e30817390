import { ConfigurationError } from "../../errors.ts";
import { byteCharacters, toByteCharacters } from "./byte-level.ts";
import { PairCounts, type Word } from "./pair-counts.ts";
import { specialTokens, type TokenizerFile } from "./tokenizer-file.ts";

export interface TrainTokenizerOptions {
  /** Number of tokens in all: special, domain and byte tokens, numbers 00 to 99, merges. At least 361. */
  readonly vocabularySize: number;
  /**
   * Texts that become one token wherever they occur, spaces included, such as the separator `" [SEP]"` of
   * WebShop's text observations. They are ordinary text, not special tokens.
   */
  readonly domainTokens?: readonly string[];
  /** Pairs seen fewer times are not merged, even if the vocabulary then stays smaller. Default 2. */
  readonly minimumFrequency?: number;
}

/**
 * How text is cut before BPE; no token crosses a cut. Numbers in chunks of one or two digits; words with the space
 * before them; runs of punctuation and symbols, with the space after them only if a number follows; white space,
 * whose last character is left to the word that follows. Reads the same in JavaScript and in the regular
 * expressions of the Rust tokenizers.
 */
export const splitPattern = [
  String.raw`\p{N}{1,2}`,
  String.raw` ?\p{L}+`,
  String.raw`[^\p{White_Space}\p{L}\p{N}]+(?: (?=\p{N}))?`,
  String.raw`\p{White_Space}+(?!\P{White_Space})`,
  String.raw`\p{White_Space}+`,
].join("|");

/**
 * Rewritten before the text is cut, and back in decoding: a word behind a bracket is then the same token as behind a
 * space (docs/decisions/0007).
 */
const bracket = { text: "[", apart: "[ " } as const;

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016, arXiv 1508.07909): starting from single bytes, the most
 * frequent adjacent pair becomes a token, again and again. Of equally frequent pairs the one with the lower ids
 * wins, so the same texts give the same vocabulary.
 * @returns The content of `tokenizer.json`.
 * @throws ConfigurationError if the vocabulary is too small for the tokens that are always in it.
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): TokenizerFile {
  const domainTokens = [...new Set(options.domainTokens ?? [])];
  const added = [...Object.values(specialTokens), ...domainTokens];
  const numbers = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
  const tokens = [...new Set([...added, ...byteCharacters])];
  for (const token of domainTokens) {
    if (!/^[\x20-\x7e]{2,}$/.test(token)) {
      throw new ConfigurationError(
        `a domain token must be two or more printable ASCII characters, not ${JSON.stringify(token)}`,
      );
    }
  }
  const smallest = tokens.length + numbers.length;
  if (options.vocabularySize < smallest) {
    throw new ConfigurationError(
      `a vocabulary of ${options.vocabularySize} tokens is too small: expected at least ${smallest}`,
    );
  }
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const merges: [string, string][] = [];
  const addMerge = (left: string, right: string): number => {
    merges.push([left, right]);
    const known = idOf.get(left + right);
    if (known !== undefined) return known;
    idOf.set(left + right, tokens.length);
    return tokens.push(left + right) - 1;
  };
  for (const number of numbers) addMerge(number.charAt(0), number.charAt(1));

  const words = countWords(texts, domainTokens, idOf);
  const minimumFrequency = Math.max(1, options.minimumFrequency ?? 2);
  const pairs = new PairCounts(words);
  while (tokens.length < options.vocabularySize) {
    const best = pairs.mostFrequent();
    if (best === undefined || best.count < minimumFrequency) break;
    pairs.merge(best.left, best.right, addMerge(tokens[best.left] ?? "", tokens[best.right] ?? ""));
  }
  return tokenizerFile(tokens, merges, added.length);
}

function countWords(
  texts: Iterable<string>,
  domainTokens: readonly string[],
  idOf: ReadonlyMap<string, number>,
): Word[] {
  const pattern = new RegExp(splitPattern, "gu");
  const counts = new Map<string, number>();
  for (const text of texts) {
    let parts = [text];
    for (const token of domainTokens) parts = parts.flatMap((part) => part.split(token));
    for (const part of parts) {
      for (const [piece] of part.replaceAll(bracket.text, bracket.apart).matchAll(pattern))
        counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
  }
  const words: Word[] = [];
  for (const [piece, count] of counts) {
    // Numbers have their tokens already, and nothing can be merged beyond two digits.
    if (/^[0-9]/.test(piece)) continue;
    words.push({ ids: Array.from(toByteCharacters(piece), (character) => idOf.get(character) ?? 0), count });
  }
  return words;
}

function tokenizerFile(
  tokens: readonly string[],
  merges: [string, string][],
  addedCount: number,
): TokenizerFile {
  const specials = new Set<string>(Object.values(specialTokens));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: tokens.slice(0, addedCount).map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: specials.has(content),
    })),
    normalizer: { type: "Replace", pattern: { String: bracket.text }, content: bracket.apart },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: splitPattern }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
        { type: "Replace", pattern: { String: bracket.apart }, content: bracket.text },
      ],
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}
