import { ConfigurationError } from "../../errors.ts";
import { createRandom, deriveSeed } from "../../random.ts";
import { parameterShapes } from "./parameters.ts";
import type { LlamaConfiguration, Parameters, Tensor } from "./types.ts";

/** The matrices of a layer that can be adapted, by their Hugging Face names. */
export const adaptableModules = [
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
] as const;
export type AdaptableModule = (typeof adaptableModules)[number];

/**
 * Low-rank adaptation (Hu et al. 2021, arXiv 2106.09685): y = W x + alpha / rank * B A dropout(x), where W stays as it is
 * and A [rank, in] and B [out, rank] are trained.
 */
export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Part of the inputs of A that are left out in a training step, in [0, 1). The others are scaled up. */
  readonly dropout: number;
  /** Which matrices of every layer are adapted. */
  readonly targetModules: readonly AdaptableModule[];
}

/** A trained adaptation of a model. */
export interface Adapter {
  readonly options: LoraOptions;
  /** `model.layers.N.self_attn.q_proj.lora_A.weight` [rank, in], `... .lora_B.weight` [out, rank]. */
  readonly parameters: Parameters;
}

/** The adapted matrices: their module's name, such as `model.layers.0.mlp.up_proj`, and shape. */
export function adaptedModules(
  configuration: LlamaConfiguration,
  { targetModules }: Pick<LoraOptions, "targetModules">,
): { readonly module: string; readonly outSize: number; readonly inSize: number }[] {
  const names: readonly string[] = targetModules;
  return [...parameterShapes(configuration)].flatMap(([name, [outSize = 0, inSize = 0]]) => {
    const module = name.replace(/\.weight$/, "");
    return names.includes(module.split(".").at(-1) ?? "") ? [{ module, outSize, inSize }] : [];
  });
}

/** Name and shape of every parameter of an adapter, in the order in which they are stored and updated. */
export function adapterShapes(
  configuration: LlamaConfiguration,
  options: LoraOptions,
): ReadonlyMap<string, readonly number[]> {
  return new Map(
    adaptedModules(configuration, options).flatMap(
      ({ module, outSize, inSize }): [string, readonly number[]][] => [
        [`${module}.lora_A.weight`, [options.rank, inSize]],
        [`${module}.lora_B.weight`, [outSize, options.rank]],
      ],
    ),
  );
}

/**
 * An adapter that changes nothing yet, as PEFT begins: B is 0, and A uniform in +-inSize^-0.5. Each matrix has a
 * random stream of its own.
 * @throws ConfigurationError for options that are impossible.
 */
export function initialAdapter(
  configuration: LlamaConfiguration,
  options: LoraOptions,
  seed: number,
): Adapter {
  checkLoraOptions(options);
  const parameters = new Map<string, Tensor>();
  for (const [name, shape] of adapterShapes(configuration, options)) {
    const [rows = 0, columns = 0] = shape;
    const data = new Float32Array(rows * columns);
    if (name.endsWith(".lora_A.weight")) {
      const random = createRandom(deriveSeed(seed, name));
      const bound = columns ** -0.5;
      for (let i = 0; i < data.length; i++) data[i] = bound * (2 * random.next() - 1);
    }
    parameters.set(name, { shape, data });
  }
  return { options, parameters };
}

/**
 * The model's parameters with the adapter worked into them, W + alpha / rank * B A; rounded to float32 once. What is
 * not adapted is shared with `parameters`, not copied.
 */
export function mergeAdapter(
  configuration: LlamaConfiguration,
  parameters: Parameters,
  { options, parameters: adapter }: Adapter,
): Parameters {
  const merged = new Map(parameters);
  const { rank, alpha } = options;
  for (const { module, outSize, inSize } of adaptedModules(configuration, options)) {
    const weight = parameters.get(`${module}.weight`);
    const a = adapter.get(`${module}.lora_A.weight`);
    const b = adapter.get(`${module}.lora_B.weight`);
    if (weight === undefined || a === undefined || b === undefined) {
      throw new ConfigurationError(`the adapter does not fit the model: it lacks ${module}`);
    }
    const data = new Float32Array(outSize * inSize);
    for (let row = 0; row < outSize; row++) {
      const sums = Float64Array.from(weight.data.subarray(row * inSize, (row + 1) * inSize));
      for (let k = 0; k < rank; k++) {
        const factor = ((b.data[row * rank + k] ?? 0) * alpha) / rank;
        if (factor === 0) continue;
        const start = k * inSize;
        for (let i = 0; i < inSize; i++) sums[i] = (sums[i] ?? 0) + factor * (a.data[start + i] ?? 0);
      }
      data.set(sums, row * inSize);
    }
    merged.set(`${module}.weight`, { shape: weight.shape, data });
  }
  return merged;
}

/** @throws ConfigurationError naming the option that is impossible. */
export function checkLoraOptions({ rank, alpha, dropout, targetModules }: LoraOptions): void {
  const check = (name: string, valid: boolean, expected: string, got: unknown): void => {
    if (!valid) throw new ConfigurationError(`lora.${name}: expected ${expected}, got ${got}`);
  };
  check("rank", Number.isInteger(rank) && rank >= 1, "a whole number of at least 1", rank);
  check("alpha", alpha > 0 && Number.isFinite(alpha), "a positive number", alpha);
  check("dropout", dropout >= 0 && dropout < 1, "a number from 0 to below 1", dropout);
  const unknown = targetModules.find((name) => !adaptableModules.includes(name));
  check("targetModules", unknown === undefined, `some of ${adaptableModules.join(", ")}`, unknown);
  check("targetModules", targetModules.length > 0, "at least one", "none");
  check("targetModules", new Set(targetModules).size === targetModules.length, "each once", targetModules);
}
