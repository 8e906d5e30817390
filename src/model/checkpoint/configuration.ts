import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import type { LlamaConfiguration } from "../llama/llama.ts";

const positive = z.number().int().positive();

/** `config.json` of a Hugging Face `LlamaForCausalLM`; what is not named here does not change the model. */
const configurationFileSchema = z.object({
  architectures: z
    .array(z.literal("LlamaForCausalLM", { error: "only LlamaForCausalLM is supported" }))
    .length(1),
  model_type: z.literal("llama"),
  vocab_size: positive,
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.optional(),
  head_dim: positive.multipleOf(2).nullish(),
  intermediate_size: positive,
  max_position_embeddings: positive,
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.null({ error: "scaled rotary positions are not supported" }).optional(),
  /** Where newer versions of the library keep the rotary base. */
  rope_parameters: z.object({ rope_type: z.literal("default"), rope_theta: z.number().positive() }).nullish(),
  rms_norm_eps: z.number().positive(),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.literal("silu"),
  attention_bias: z.literal(false, { error: "biases are not supported" }).optional(),
  mlp_bias: z.literal(false, { error: "biases are not supported" }).optional(),
});

/** The content of `config.json` for a model of this shape. */
export function configurationFile(
  configuration: LlamaConfiguration,
  special: { readonly pad: number; readonly end: number },
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
    rope_scaling: null,
    rms_norm_eps: configuration.rmsNormEpsilon,
    tie_word_embeddings: configuration.tiedEmbeddings,
    hidden_act: "silu",
    attention_bias: false,
    attention_dropout: 0,
    mlp_bias: false,
    use_cache: true,
    bos_token_id: null,
    eos_token_id: special.end,
    pad_token_id: special.pad,
    torch_dtype: dataType,
  };
}

/**
 * Reads the content of a `config.json`.
 * @param file Its path, for messages.
 * @throws InvalidFileError naming the field that is wrong.
 */
export function parseConfigurationFile(json: unknown, file: string): LlamaConfiguration {
  const parsed = configurationFileSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InvalidFileError(file, issue?.path.join(".") || "content", issue?.message ?? "unknown form", {
      hint: "The embedded student is a Llama (LlamaForCausalLM) without biases and without scaled positions.",
    });
  }
  const content = parsed.data;
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
  return {
    vocabularySize: content.vocab_size,
    hiddenSize: content.hidden_size,
    layers: content.num_hidden_layers,
    heads,
    keyValueHeads,
    headSize,
    intermediateSize: content.intermediate_size,
    maximumPositions: content.max_position_embeddings,
    ropeTheta: content.rope_parameters?.rope_theta ?? content.rope_theta ?? 10_000,
    rmsNormEpsilon: content.rms_norm_eps,
    tiedEmbeddings: content.tie_word_embeddings,
  };
}
