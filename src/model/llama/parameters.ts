import { ConfigurationError } from "../../errors.ts";
import { createRandom, deriveSeed } from "../../random.ts";
import type { LlamaConfiguration, Parameters, Tensor } from "./types.ts";

/** Name and shape of every parameter, in the order in which we store and update them: matrices first. */
export function parameterShapes(configuration: LlamaConfiguration): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize, heads, keyValueHeads, headSize, intermediateSize, vocabularySize } = configuration;
  const shapes = new Map<string, readonly number[]>();
  for (let layer = 0; layer < configuration.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    shapes.set(`${prefix}.self_attn.q_proj.weight`, [heads * headSize, hiddenSize]);
    shapes.set(`${prefix}.self_attn.k_proj.weight`, [keyValueHeads * headSize, hiddenSize]);
    shapes.set(`${prefix}.self_attn.v_proj.weight`, [keyValueHeads * headSize, hiddenSize]);
    shapes.set(`${prefix}.self_attn.o_proj.weight`, [hiddenSize, heads * headSize]);
    shapes.set(`${prefix}.mlp.gate_proj.weight`, [intermediateSize, hiddenSize]);
    shapes.set(`${prefix}.mlp.up_proj.weight`, [intermediateSize, hiddenSize]);
    shapes.set(`${prefix}.mlp.down_proj.weight`, [hiddenSize, intermediateSize]);
  }
  if (!configuration.tiedEmbeddings) shapes.set("lm_head.weight", [vocabularySize, hiddenSize]);
  shapes.set("model.embed_tokens.weight", [vocabularySize, hiddenSize]);
  for (let layer = 0; layer < configuration.layers; layer++) {
    shapes.set(`model.layers.${layer}.input_layernorm.weight`, [hiddenSize]);
    shapes.set(`model.layers.${layer}.post_attention_layernorm.weight`, [hiddenSize]);
  }
  shapes.set("model.norm.weight", [hiddenSize]);
  return shapes;
}

/** Whether AdamW decays this parameter by default: the matrices, but neither embeddings nor norm weights. */
export function isDecayedByDefault(name: string): boolean {
  return name.endsWith("_proj.weight") || name === "lm_head.weight";
}

/**
 * Random weights that learn well: embeddings of unit variance, and a final norm weight of hiddenSize^-0.5 so that
 * the logits of a tied head start with variance 1; projections of variance 1 / fan-in, those that write into the
 * residual stream (`o_proj`, `down_proj`) scaled by (2 * layers)^-0.5 (Radford et al. 2019); norms 1.
 * Each tensor has its own stream, so its values depend on the seed, its name and its shape alone.
 */
export function initialParameters(configuration: LlamaConfiguration, seed: number): Parameters {
  const parameters = new Map<string, Tensor>();
  for (const [name, shape] of parameterShapes(configuration)) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (name === "model.norm.weight") data.fill(configuration.hiddenSize ** -0.5);
    else if (shape.length === 1) data.fill(1);
    else {
      const random = createRandom(deriveSeed(seed, name));
      const deviation = standardDeviation(name, shape[1] ?? 1, configuration.layers);
      for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
    }
    parameters.set(name, { shape, data });
  }
  return parameters;
}

function standardDeviation(name: string, fanIn: number, layers: number): number {
  if (name === "model.embed_tokens.weight" || name === "lm_head.weight") return 1;
  const writesResidual = name.endsWith(".o_proj.weight") || name.endsWith(".down_proj.weight");
  return fanIn ** -0.5 * (writesResidual ? (2 * layers) ** -0.5 : 1);
}

/** Throws a ConfigurationError that names the first parameter that is missing, of another shape, or unknown. */
export function checkParameters(configuration: LlamaConfiguration, parameters: Parameters): void {
  const shapes = parameterShapes(configuration);
  for (const [name, shape] of shapes) {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new ConfigurationError(`the model lacks the parameter ${name}`);
    const size = shape.reduce((product, each) => product * each, 1);
    if (tensor.shape.join() !== shape.join() || tensor.data.length !== size) {
      throw new ConfigurationError(
        `parameter ${name} should have shape [${shape}], but has [${tensor.shape}] (${tensor.data.length} numbers)`,
      );
    }
  }
  for (const name of parameters.keys()) {
    if (!shapes.has(name)) throw new ConfigurationError(`the model has no parameter ${name}`);
  }
}
