import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import {
  type Adapter,
  adaptableModules,
  adaptedModules,
  adapterShapes,
  type LlamaConfiguration,
  type Tensor,
} from "../llama/llama.ts";
import { prettyJson } from "../tokenizer/pretty-json.ts";
import { parseJsonAs } from "./json-file.ts";
import { readText } from "./open-file.ts";
import { replaceDirectory } from "./replace-directory.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import { checkFinite } from "./weights.ts";

/*
 * Adapters as PEFT stores them: adapter_config.json and adapter_model.safetensors, whose names are those of the model
 * with a prefix. https://github.com/huggingface/peft
 */

const configFile = "adapter_config.json";
const weightsFile = "adapter_model.safetensors";
const prefix = "base_model.model.";

/** What PEFT can do beyond plain LoRA changes the model, so it is refused by name unless it is null, false or empty. */
const unsupported = [
  "alora_invocation_tokens",
  "alpha_pattern",
  "arrow_config",
  "fan_in_fan_out",
  "kasa_config",
  "layer_replication",
  "layers_to_transform",
  "lora_bias",
  "modules_to_save",
  "monteclora_config",
  "rank_pattern",
  "target_parameters",
  "trainable_token_indices",
  "use_bdlora",
  "use_dora",
  "use_qalora",
  "use_rslora",
  "velora_config",
];

/** How an adapter may begin in PEFT; the other ways ("pissa", "olora" and more) change the weights of the model too. */
const beginnings = [true, false, "gaussian", "eva", "orthogonal"] as const;

/** Not as one pattern, which PEFT takes too. */
const moduleNames = z.array(z.string(), { error: "expected the names of modules" });

const configSchema = z
  .looseObject({
    peft_type: z.literal("LORA", { error: "only LORA is supported" }),
    r: z.number().int().positive(),
    lora_alpha: z.number().positive(),
    lora_dropout: z.number().min(0).lt(1).default(0),
    target_modules: moduleNames,
    exclude_modules: moduleNames.nullish(),
    bias: z.literal("none", { error: "training biases is not supported" }).default("none"),
    init_lora_weights: z
      .literal(beginnings, {
        error: ({ input }) =>
          `${JSON.stringify(input)} changes the model's own weights, which is not supported`,
      })
      .nullish(),
  })
  .superRefine((config, context) => {
    for (const name of unsupported) {
      if (isSet(config[name])) context.addIssue({ code: "custom", path: [name], message: "not supported" });
    }
  });

function isSet(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== false;
}

/** Writes an adapter's files into a directory that exists; see `saveAdapter`. */
export async function writeAdapter(directory: string, adapter: Adapter, base?: string): Promise<void> {
  const { rank, alpha, dropout, targetModules } = adapter.options;
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: base ?? null,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    target_modules: targetModules,
    bias: "none",
    fan_in_fan_out: false,
    use_rslora: false,
    use_dora: false,
    modules_to_save: null,
    layers_to_transform: null,
    rank_pattern: {},
    alpha_pattern: {},
    init_lora_weights: true,
    inference_mode: true,
  };
  await writeFile(join(directory, configFile), prettyJson(config), { flush: true });
  const tensors = [...adapter.parameters].map(([name, tensor]): [string, Tensor] => [prefix + name, tensor]);
  await writeSafetensors(join(directory, weightsFile), new Map(tensors));
}

/**
 * Writes an adapter as a directory that PEFT loads; whole or not at all.
 * @param base Where the model is that it adapts, for PEFT to find it.
 */
export async function saveAdapter(directory: string, adapter: Adapter, base?: string): Promise<void> {
  await replaceDirectory(directory, (partial) => writeAdapter(partial, adapter, base));
}

/**
 * Reads an adapter that was written here or by PEFT. Where PEFT adapted a kind of module in some layers only, the adapter's
 * matrices are zero in the others, which changes nothing there.
 * @param configuration The model that it is to adapt.
 * @throws InvalidFileError naming the file and the field or tensor that is wrong.
 */
export async function loadAdapter(directory: string, configuration: LlamaConfiguration): Promise<Adapter> {
  const configPath = join(directory, configFile);
  const text = await readText(configPath, {
    hint: `An adapter is a directory with ${configFile} and ${weightsFile}.`,
  });
  const config = parseJsonAs(text, configSchema, configPath, "Only plain LoRA adapters can be read.");
  const adapted = selectModules(config, configuration, configPath);
  const options = {
    rank: config.r,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout,
    targetModules: adaptableModules.filter((name) => adapted.some((module) => isNamed(module, name))),
  };
  const weightsPath = join(directory, weightsFile);
  const stored = await readSafetensors(weightsPath);
  const parameters = new Map<string, Tensor>();
  for (const [name, shape] of adapterShapes(configuration, options)) {
    if (!adapted.some((module) => name.startsWith(`${module}.`))) {
      parameters.set(name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
      continue;
    }
    const tensor = stored.get(prefix + name);
    if (tensor === undefined) throw new InvalidFileError(weightsPath, prefix + name, "missing");
    if (tensor.shape.join() !== shape.join()) {
      throw new InvalidFileError(
        weightsPath,
        prefix + name,
        `expected shape [${shape}], got [${tensor.shape}]`,
        { hint: "The adapter belongs to another model." },
      );
    }
    checkFinite(weightsPath, prefix + name, tensor);
    parameters.set(name, tensor);
  }
  const known = adapted.flatMap((module) =>
    ["A", "B"].map((side) => `${prefix}${module}.lora_${side}.weight`),
  );
  const unknown = [...stored.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new InvalidFileError(weightsPath, unknown, "the adapted model has no such tensor");
  }
  return { options, parameters };
}

/**
 * The modules that an adapter changes, as PEFT reads its lists of names: `q_proj` is that module of every layer,
 * `model.layers.0.self_attn.q_proj` of one.
 */
function selectModules(
  { target_modules: wanted, exclude_modules: excluded }: z.infer<typeof configSchema>,
  configuration: LlamaConfiguration,
  file: string,
): string[] {
  const modules = adaptedModules(configuration, { targetModules: adaptableModules }).map(
    ({ module }) => module,
  );
  for (const [index, name] of wanted.entries()) {
    if (modules.some((module) => isNamed(module, name))) continue;
    const problem = `expected some of ${adaptableModules.join(", ")}, got ${JSON.stringify(name)}`;
    throw new InvalidFileError(file, `target_modules.${index}`, problem, {
      hint: "Only matrices of the layers can be adapted, and only those that the model has.",
    });
  }
  const selected = modules.filter(
    (module) =>
      wanted.some((name) => isNamed(module, name)) && !excluded?.some((name) => isNamed(module, name)),
  );
  if (selected.length > 0) return selected;
  throw new InvalidFileError(file, "target_modules", "no module of the model is adapted");
}

function isNamed(module: string, name: string): boolean {
  return module === name || module.endsWith(`.${name}`);
}
