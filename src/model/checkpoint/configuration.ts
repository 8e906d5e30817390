import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import type { LlamaConfiguration } from "../llama/llama.ts";
import type { SpecialTokenIds } from "../tokenizer/encoded-chat.ts";
import { parseJsonAs } from "./json-file.ts";
import { parseRope, ropeScalingFile, ropeSchema } from "./rope-scaling.ts";

const positive = z.number().int().positive();
/** Some files have -1 for a token that there is not. */
const tokenId = z.number().int();

/**
 * `config.json` of a Hugging Face `LlamaForCausalLM`; what is not named here does not change the model. What may be missing
 * or null, and what it then is, are as in transformers 5.
 */
const configurationFileSchema = z.object({
  architectures: z
    .array(
      z.literal("LlamaForCausalLM", {
        error: ({ input }) => `only LlamaForCausalLM is supported, got ${JSON.stringify(input)}`,
      }),
    )
    .length(1)
    .nullish(),
  model_type: z.literal("llama", { error: "only llama is supported" }),
  vocab_size: positive,
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.nullish(),
  head_dim: positive.multipleOf(2).nullish(),
  intermediate_size: positive,
  max_position_embeddings: positive.default(2048),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema.nullish(),
  /** Where newer versions of the library keep both. */
  rope_parameters: ropeSchema.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.literal("silu").default("silu"),
  attention_bias: z.literal(false, { error: "biases are not supported" }).optional(),
  mlp_bias: z.literal(false, { error: "biases are not supported" }).optional(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: tokenId.nullish(),
});

/** The content of `config.json` for a model of this shape. */
export function configurationFile(
  configuration: LlamaConfiguration,
  special: SpecialTokenIds,
  dataType: string,
): Record<string, unknown> {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: configuration.vocabularySize,
    hidden_size: configuration.hiddenSize,
    num_hidden_layers: configuration.layers,
    num_attention_heads: configuration.heads,
    num_key_value_heads: configuration.keyValueHeads,
    head_dim: configuration.headSize,
    intermediate_size: configuration.intermediateSize,
    max_position_embeddings: configuration.maximumPositions,
    rope_theta: configuration.ropeTheta,
    rope_scaling: ropeScalingFile(configuration.ropeScaling),
    rms_norm_eps: configuration.rmsNormEpsilon,
    tie_word_embeddings: configuration.tiedEmbeddings,
    hidden_act: "silu",
    attention_bias: false,
    attention_dropout: 0,
    mlp_bias: false,
    use_cache: true,
    bos_token_id: special.bos,
    eos_token_id: special.eos,
    pad_token_id: special.pad,
    torch_dtype: dataType,
  };
}

/** What `config.json` says. */
export interface ConfigurationFile {
  readonly configuration: LlamaConfiguration;
  readonly special: SpecialTokenIds;
}

/**
 * Reads the text of a `config.json`.
 * @param file Its path, for messages.
 * @throws InvalidFileError naming the field that is wrong.
 */
export function parseConfigurationFile(text: string, file: string): ConfigurationFile {
  const content = parseJsonAs(
    text,
    configurationFileSchema,
    file,
    "The embedded student is a Llama (LlamaForCausalLM) without biases.",
  );
  const heads = content.num_attention_heads;
  const keyValueHeads = content.num_key_value_heads ?? heads;
  if (heads % keyValueHeads !== 0) {
    throw new InvalidFileError(
      file,
      "num_key_value_heads",
      `expected a divisor of num_attention_heads (${heads}), got ${keyValueHeads}`,
    );
  }
  const headSize = content.head_dim ?? content.hidden_size / heads;
  if (!Number.isInteger(headSize / 2)) {
    throw new InvalidFileError(file, "hidden_size", `expected an even size per head, got ${headSize}`);
  }
  const { theta, scaling } = parseRope(content, file);
  return {
    configuration: {
      vocabularySize: content.vocab_size,
      hiddenSize: content.hidden_size,
      layers: content.num_hidden_layers,
      heads,
      keyValueHeads,
      headSize,
      intermediateSize: content.intermediate_size,
      maximumPositions: content.max_position_embeddings,
      ropeTheta: theta,
      ...(scaling === undefined ? {} : { ropeScaling: scaling }),
      rmsNormEpsilon: content.rms_norm_eps,
      tiedEmbeddings: content.tie_word_embeddings,
    },
    special: {
      bos: content.bos_token_id ?? null,
      eos: content.eos_token_id ?? null,
      pad: content.pad_token_id ?? null,
    },
  };
}
