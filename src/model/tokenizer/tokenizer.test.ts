import { existsSync, readFileSync } from "node:fs";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidFileError } from "../../errors.ts";
import { createTokenizer } from "./tokenizer.ts";
import { parseTokenizerFile, specialTokens } from "./tokenizer-file.ts";
import { trainTokenizer } from "./train.ts";

const corpus = [
  "Instruction: [SEP] Find me easy clean, water resistant desk lamps with color: navy, and price lower than 40.00 dollars [SEP] Search",
  "Back to Search [SEP] Page 1 (Total results: 50) [SEP] Next > [SEP] 47Q82 [SEP] Acme easy clean desk lamps [SEP] $17.99",
  "Thought: 47Q82 no, 12B99 yes.\nAction: click[12B99]",
  "Thought: color navy yes, size small done.\nAction: click[< Prev]",
];
const file = trainTokenizer(corpus, { vocabularySize: 480, domainTokens: [" [SEP]"], minimumFrequency: 1 });
const tokenizer = createTokenizer(file);
const tokens = (text: string) => tokenizer.encode(text).map((id) => tokenizer.decode([id]));

describe("the tokenizer", () => {
  it("gives every text tokens and the text back unchanged", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.array(fc.constantFrom(...specialTexts)).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(tokenizer.decode(tokenizer.encode(value))).toBe(value.toWellFormed());
      }),
      { numRuns: 500 },
    );
  });

  it("gives a text without any break its tokens, however long it is", () => {
    const long = "ab".repeat(150_000);
    expect(tokenizer.decode(tokenizer.encode(long))).toBe(long);
  });

  it("reads a lone surrogate as the replacement character", () => {
    expect(tokenizer.decode(tokenizer.encode("a\uD800b"))).toBe("a\uFFFDb");
  });

  it("gives the ids that the library gives, with special tokens split", () => {
    const text = fc.array(
      fc.oneof(fc.constantFrom(...specialTexts, ...corpus), fc.string({ unit: "binary" })),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const value = parts.join("").toWellFormed();
        expect(tokenizer.encode(value)).toEqual(splitting.encode(value).ids);
      }),
    );
  });

  it("has one token for each number of one or two digits, and cuts longer ones into such chunks", () => {
    for (let number = 0; number < 100; number++) {
      expect(tokenizer.encode(String(number))).toHaveLength(1);
      expect(tokenizer.encode(String(number).padStart(2, "0"))).toHaveLength(1);
    }
    expect(tokens("12B99")).toEqual(["12", "B", "99"]);
    expect(tokens("1234.50")).toEqual(["12", "34", ".", "50"]);
  });

  it("leaves the space to the word that follows, but to punctuation before a number", () => {
    expect(tokens(" no, 12")).toEqual([" no", ", ", "12"]);
    expect(tokens("Action: click")).toEqual(["Action", ":", " click"]);
    expect(tokens(" desk lamps")).toEqual([" desk", " lamps"]);
  });

  it("keeps a domain token with its spaces as one token that is ordinary text", () => {
    expect(tokens("a [SEP] b")).toEqual(["a", " [SEP]", " ", "b"]);
    expect(tokenizer.decode(tokenizer.encode("a [SEP] b"))).toBe("a [SEP] b");
  });

  it("never reads a special token out of text", () => {
    const specials = new Set(Object.values(tokenizer.special));
    for (const token of Object.values(specialTokens)) {
      const ids = tokenizer.encode(`before${token}after`);
      expect(ids.filter((id) => specials.has(id))).toEqual([]);
      expect(tokenizer.decode(ids)).toBe(`before${token}after`);
    }
  });

  it("has the same tokens for words behind a bracket as for words behind a space", () => {
    const bracket = tokenizer.encode("x[").length;
    expect(tokenizer.encode("x[easy clean").slice(bracket - 1)).toEqual(tokenizer.encode(" easy clean"));
    expect(tokenizer.decode(tokenizer.encode("click[navy] [ navy]"))).toBe("click[navy] [ navy]");
  });

  it("refuses ids outside the vocabulary", () => {
    expect(() => tokenizer.decode([tokenizer.vocabularySize])).toThrow(RangeError);
    expect(() => tokenizer.decode([-1])).toThrow(RangeError);
    expect(tokenizer.decode([])).toBe("");
  });
});

const specialTexts = [
  ...Object.values(specialTokens),
  " [SEP] ",
  "[",
  "[ ",
  "  ",
  "\n",
  "\u0085",
  "\uFEFF",
  "٣",
  "½",
  ", 1",
  "e\u0301",
];
/** The library on its own, given only the tokens that text may contain. */
const splitting = new HuggingFaceTokenizer(
  { ...file, added_tokens: file.added_tokens.filter((token) => !token.special) },
  { clean_up_tokenization_spaces: false },
);

const episodes = new URL("../../../../shared/data/webshop/episodes_human13.json", import.meta.url);
describe.skipIf(!existsSync(episodes))("on the recorded WebShop pages", () => {
  it("gives the ids that the library gives", () => {
    const text = existsSync(episodes) ? readFileSync(episodes, "utf8").slice(0, 100_000) : "";
    expect(tokenizer.encode(text)).toEqual(splitting.encode(text).ids);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});

describe("training a tokenizer", () => {
  it("gives the same vocabulary for the same texts", () => {
    const again = trainTokenizer(corpus, {
      vocabularySize: 480,
      domainTokens: [" [SEP]"],
      minimumFrequency: 1,
    });
    expect(again).toEqual(file);
    expect(Object.keys(file.model.vocab)).toHaveLength(480);
  });

  it("merges the most frequent pair first, of equals the one with the lower ids", () => {
    const { model } = trainTokenizer(["cd", "cd", "ab", "ab", "xy"], { vocabularySize: 363 });
    // The first hundred are the numbers of two digits.
    expect(model.merges.slice(100)).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("stops where no pair is frequent enough", () => {
    const { model } = trainTokenizer(["abc"], { vocabularySize: 500 });
    expect(Object.keys(model.vocab)).toHaveLength(361);
  });

  it("refuses a vocabulary that cannot hold the bytes and numbers, and unusable domain tokens", () => {
    expect(() => trainTokenizer([], { vocabularySize: 300 })).toThrow("at least 361");
    expect(() => trainTokenizer([], { vocabularySize: 500, domainTokens: ["é!"] })).toThrow("domain token");
  });
});

describe("a tokenizer file", () => {
  it("is read where transformers saved it again, with a post-processor that adds nothing", () => {
    const processor = (more: object) => ({
      ...file,
      post_processor: {
        type: "TemplateProcessing",
        single: [{ Sequence: { id: "A", type_id: 0 } }],
        pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
        special_tokens: {},
        ...more,
      },
    });
    expect(parseTokenizerFile(processor({}), "tokenizer.json")).toEqual(file);
    const adding = processor({ single: [{ SpecialToken: { id: "<|end|>", type_id: 0 } }] });
    expect(() => parseTokenizerFile(adding, "tokenizer.json")).toThrow("post_processor");
  });

  it("is read back as it was written", () => {
    expect(parseTokenizerFile(JSON.parse(JSON.stringify(file)), "tokenizer.json")).toEqual(file);
  });

  it("of an earlier version is refused as such", () => {
    const earlier = { ...file, normalizer: null, decoder: file.decoder.decoders[0] };
    expect(() => parseTokenizerFile(earlier, "tokenizer.json")).toThrow(/earlier version of eef/);
  });

  const without = (token: string) =>
    Object.fromEntries(Object.entries(file.model.vocab).filter(([t]) => t !== token));
  it.each([
    ["model.vocab", { ...file, model: { ...file.model, vocab: without("a") } }],
    ["model.vocab", { ...file, model: { ...file.model, vocab: { ...file.model.vocab, another: 7 } } }],
    ["model.merges.0", { ...file, model: { ...file.model, merges: [["a", "unknown"]] } }],
    ["added_tokens", { ...file, added_tokens: file.added_tokens.slice(1) }],
    ["model.type", { ...file, model: { ...file.model, type: "Unigram" } }],
    ["normalizer", { ...file, normalizer: { type: "NFKC" } }],
    ["", "text"],
  ])("that is wrong in %s is refused with that place named", (where, content) => {
    expect(() => parseTokenizerFile(content, "dir/tokenizer.json")).toThrow(InvalidFileError);
    expect(() => parseTokenizerFile(content, "dir/tokenizer.json")).toThrow(`dir/tokenizer.json: ${where}`);
  });
});
