import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { byteCharacters } from "./byte-level.ts";

/** The tokens that delimit messages. No text can contain them: text is encoded with special tokens disabled. */
export const specialTokens = {
  pad: "<|pad|>",
  system: "<|system|>",
  user: "<|user|>",
  assistant: "<|assistant|>",
  end: "<|end|>",
} as const;

const addedTokenSchema = z.object({
  id: z.number().int().nonnegative(),
  content: z.string().min(1),
  single_word: z.literal(false),
  lstrip: z.literal(false),
  rstrip: z.literal(false),
  normalized: z.literal(false),
  special: z.boolean(),
});

const replaceSchema = z.object({
  type: z.literal("Replace"),
  pattern: z.object({ String: z.string().min(1) }),
  content: z.string(),
});

/** What transformers writes where there is no post-processor: one that adds nothing to a text. It means the same. */
const nothingAddedSchema = z.object({
  type: z.literal("TemplateProcessing"),
  single: z.tuple([z.object({ Sequence: z.object({ id: z.literal("A"), type_id: z.literal(0) }) })]),
  special_tokens: z.strictObject({}),
});

/**
 * `tokenizer.json` as the Hugging Face libraries read it, narrowed to what this project writes: byte-level BPE
 * behind one regular expression, every text has tokens and comes back unchanged. The only normalisation is a space
 * put behind opening brackets, which decoding takes away again: so `search[easy clean]` has the same tokens for
 * its words as a page that says ` easy clean`.
 */
export const tokenizerFileSchema = z.object({
  version: z.literal("1.0"),
  truncation: z.null(),
  padding: z.null(),
  added_tokens: z.array(addedTokenSchema),
  normalizer: replaceSchema,
  pre_tokenizer: z.object({
    type: z.literal("Sequence"),
    pretokenizers: z.tuple([
      z.object({
        type: z.literal("Split"),
        pattern: z.object({ Regex: z.string().min(1).max(1000) }),
        behavior: z.literal("Isolated"),
        invert: z.literal(false),
      }),
      z.object({
        type: z.literal("ByteLevel"),
        add_prefix_space: z.literal(false),
        trim_offsets: z.boolean(),
        use_regex: z.literal(false),
      }),
    ]),
  }),
  post_processor: z.union([z.null(), nothingAddedSchema.transform(() => null)]),
  decoder: z.object({
    type: z.literal("Sequence"),
    decoders: z.tuple([
      z.object({
        type: z.literal("ByteLevel"),
        add_prefix_space: z.boolean(),
        trim_offsets: z.boolean(),
        use_regex: z.boolean(),
      }),
      replaceSchema,
    ]),
  }),
  model: z.object({
    type: z.literal("BPE"),
    dropout: z.null(),
    unk_token: z.null(),
    continuing_subword_prefix: z.null(),
    end_of_word_suffix: z.null(),
    fuse_unk: z.literal(false),
    byte_fallback: z.literal(false),
    ignore_merges: z.literal(false),
    /** Token text (in `byteCharacters`) -> id. Holds the added tokens too. */
    vocab: z.record(z.string(), z.number().int().nonnegative()),
    /** In order of priority. */
    merges: z.array(z.tuple([z.string(), z.string()])),
  }),
});
export type TokenizerFile = z.infer<typeof tokenizerFileSchema>;

/** Before there was a normalisation. */
const earlierSchema = z.object({
  normalizer: z.null(),
  decoder: z.object({ type: z.literal("ByteLevel") }),
});

/**
 * Checks the content of a `tokenizer.json`.
 * @param file Its path, for messages.
 * @throws InvalidFileError naming the field that is wrong.
 */
export function parseTokenizerFile(json: unknown, file: string): TokenizerFile {
  if (earlierSchema.safeParse(json).success) {
    throw new InvalidFileError(
      file,
      "normalizer",
      "an earlier version of eef wrote it, which split text otherwise",
      {
        hint: "Use the checkpoint with the version that wrote it, or train it anew.",
      },
    );
  }
  const parsed = tokenizerFileSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InvalidFileError(file, issue?.path.join(".") ?? "content", issue?.message ?? "unknown form", {
      hint: "Only byte-level BPE tokenizers in the form that this program writes can be loaded.",
    });
  }
  checkVocabulary(parsed.data, file);
  return parsed.data;
}

function checkVocabulary(content: TokenizerFile, file: string): void {
  const { vocab, merges } = content.model;
  const fail = (where: string, problem: string): never => {
    throw new InvalidFileError(file, where, problem);
  };
  const tokenOf = new Map<number, string>();
  for (const [token, id] of Object.entries(vocab)) {
    const other = tokenOf.get(id);
    if (other !== undefined)
      fail("model.vocab", `both ${quote(other)} and ${quote(token)} have the id ${id}`);
    tokenOf.set(id, token);
  }
  for (let id = 0; id < tokenOf.size; id++) {
    if (!tokenOf.has(id))
      fail("model.vocab", `expected ids 0 to ${tokenOf.size - 1}, but no token has ${id}`);
  }
  const known = new Set(tokenOf.values());
  for (const [byte, character] of byteCharacters.entries()) {
    if (!known.has(character))
      fail("model.vocab", `the token of byte ${byte} (${quote(character)}) is missing`);
  }
  for (const [rank, [left, right]] of merges.entries()) {
    for (const token of [left, right, left + right]) {
      if (!known.has(token)) fail(`model.merges.${rank}`, `${quote(token)} is not in the vocabulary`);
    }
  }
  for (const { content: token, id } of content.added_tokens) {
    if (tokenOf.get(id) !== token)
      fail("added_tokens", `${quote(token)} is not in the vocabulary with id ${id}`);
  }
  for (const token of Object.values(specialTokens)) {
    if (!content.added_tokens.some((added) => added.content === token && added.special)) {
      fail("added_tokens", `the special token ${token} is missing`);
    }
  }
  try {
    new RegExp(content.pre_tokenizer.pretokenizers[0].pattern.Regex, "gu");
  } catch {
    fail("pre_tokenizer.pretokenizers.0.pattern.Regex", "not a regular expression");
  }
}

function quote(token: string): string {
  return JSON.stringify(token.length > 40 ? `${token.slice(0, 40)}…` : token);
}
