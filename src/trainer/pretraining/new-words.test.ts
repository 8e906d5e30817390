import { describe, expect, it } from "vitest";
import { initialParameters, type LlamaConfiguration } from "../../model/llama/llama.ts";
import { createTokenizer } from "../../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../../model/tokenizer/train.ts";
import { withWordsOf } from "./new-words.ts";

const tokenizerOf = (text: string, vocabularySize: number) =>
  createTokenizer(trainTokenizer([text, text], { vocabularySize }));
const old = tokenizerOf("tick tock tick tock", 370);
const configuration: LlamaConfiguration = {
  vocabularySize: old.vocabularySize,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  keyValueHeads: 1,
  headSize: 4,
  intermediateSize: 8,
  maximumPositions: 32,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};
const base = { configuration, parameters: initialParameters(configuration, 1), tokenizer: old };

const embeddings = ({ parameters }: Pick<typeof base, "parameters">): readonly string[] => {
  const table = parameters.get("model.embed_tokens.weight");
  if (table === undefined) throw new Error("no embeddings");
  const [rows = 0, width = 0] = table.shape;
  return Array.from({ length: rows }, (_, row) => table.data.slice(row * width, (row + 1) * width).join());
};

describe("a model with new words", () => {
  const tokenizer = tokenizerOf("ping tick ping tick", 367);
  const changed = withWordsOf(tokenizer, base);

  it("keeps the embeddings of the tokens that both tokenizers have", () => {
    for (const word of ["t", "7", "42"]) {
      const [now = -1, before = -1] = [tokenizer.encode(word)[0], old.encode(word)[0]];
      expect(embeddings(changed)[now]).toBe(embeddings(base)[before]);
    }
    expect(embeddings(changed)[tokenizer.special.end]).toBe(embeddings(base)[old.special.end]);
  });

  it("gives every other token one of its own, of those that were there", () => {
    expect(changed.configuration.vocabularySize).toBe(tokenizer.vocabularySize);
    expect(new Set(embeddings(changed)).size).toBe(tokenizer.vocabularySize);
    const before = new Set(embeddings(base));
    expect(embeddings(changed).every((embedding) => before.has(embedding))).toBe(true);
  });

  it("leaves everything else as it was", () => {
    for (const [name, tensor] of base.parameters) {
      if (name !== "model.embed_tokens.weight") expect(changed.parameters.get(name)).toBe(tensor);
    }
  });

  it("is refused where the new vocabulary is larger", () => {
    expect(() => withWordsOf(tokenizerOf("a longer text with many words more", 380), base)).toThrow(
      /does not fit/,
    );
  });
});
