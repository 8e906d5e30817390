import { ConfigurationError } from "../../errors.ts";
import type { Checkpoint } from "../../model/checkpoint/checkpoint.ts";
import type { LlamaConfiguration, Parameters } from "../../model/llama/llama.ts";
import type { Tokenizer } from "../../model/tokenizer/tokenizer.ts";

/** Tables with a row for each token. */
const tokenTables = ["model.embed_tokens.weight", "lm_head.weight"];

/**
 * A model with the words of another tokenizer, to be pretrained further. Tokens that both have keep their embeddings; every
 * other one takes that of a token that is gone. It then stands for the wrong word, but a network that copies does so with any
 * of its embeddings, so copying has not to be learned again.
 *
 * @throws ConfigurationError if the new vocabulary is larger
 */
export function withWordsOf(
  tokenizer: Tokenizer,
  base: Pick<Checkpoint, "configuration" | "parameters" | "tokenizer">,
): { readonly configuration: LlamaConfiguration; readonly parameters: Parameters } {
  const { vocabularySize } = tokenizer;
  if (vocabularySize > base.tokenizer.vocabularySize) {
    throw new ConfigurationError(
      `A vocabulary of ${vocabularySize} tokens does not fit into one of ${base.tokenizer.vocabularySize}.`,
    );
  }
  const rows = rowsOf(tokenizer, base.tokenizer);
  const parameters = new Map(base.parameters);
  for (const name of tokenTables) {
    const table = parameters.get(name);
    if (table === undefined) continue;
    const width = table.shape[1] ?? 0;
    const data = new Float32Array(vocabularySize * width);
    for (const [token, row] of rows.entries()) {
      data.set(table.data.subarray(row * width, (row + 1) * width), token * width);
    }
    parameters.set(name, { shape: [vocabularySize, width], data });
  }
  return { configuration: { ...base.configuration, vocabularySize }, parameters };
}

/** Of each new token, the old one whose embedding it takes. */
function rowsOf(tokenizer: Tokenizer, old: Tokenizer): readonly number[] {
  const oldIds = new Map(tokensOf(old).map((token, id) => [token, id]));
  const kept = tokensOf(tokenizer).map((token) => oldIds.get(token));
  const taken = new Set(kept);
  const free = tokensOf(old).flatMap((_, id) => (taken.has(id) ? [] : id));
  return kept.map((row) => row ?? free.shift() ?? 0);
}

/** Tokens by id. A special token has no bytes, another one perhaps no whole character; together they tell all apart. */
function tokensOf(tokenizer: Tokenizer): readonly string[] {
  return Array.from(
    { length: tokenizer.vocabularySize },
    (_, id) => `${tokenizer.bytesOf(id).join(" ")} ${tokenizer.decode([id])}`,
  );
}
