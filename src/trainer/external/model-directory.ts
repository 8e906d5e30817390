import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { writeFileAtomically } from "../../files.ts";
import { readTensorNames } from "./safetensors-header.ts";

/** What a directory in the Hugging Face layout holds: a whole model, or an adapter to be put on one. */
export type ModelKind = "model" | "adapter";

const weights = { model: "model.safetensors", adapter: "adapter_model.safetensors" } as const;
const configurations = { model: "config.json", adapter: "adapter_config.json" } as const;
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Whether a directory seems to hold a finished model; `verifyModel` tells for certain. */
export function holdsModel(directory: string, kind: ModelKind): boolean {
  return (
    existsSync(join(directory, configurations[kind])) &&
    (existsSync(join(directory, weights[kind])) || existsSync(join(directory, `${weights[kind]}.index.json`)))
  );
}

/**
 * Makes sure that a directory holds a whole model or adapter: its configuration is there, and so is every weight file,
 * from the first byte to the last.
 *
 * @throws InvalidFileError naming the file that is missing or damaged.
 */
export async function verifyModel(directory: string, kind: ModelKind): Promise<void> {
  const configuration = join(directory, configurations[kind]);
  parseJson(configuration);
  const file = join(directory, weights[kind]);
  const index = `${file}.index.json`;
  if (!existsSync(index)) {
    if (!existsSync(file)) throw new InvalidFileError(file, "the file", "the trainer did not write it");
    await readTensorNames(file);
    return;
  }
  const parsed = indexSchema.safeParse(parseJson(index));
  if (!parsed.success) throw new InvalidFileError(index, "weight_map", "not the index of a model in parts");
  for (const part of new Set(Object.values(parsed.data.weight_map))) {
    if (basename(part) !== part) {
      throw new InvalidFileError(index, "weight_map", `${part} is not a file of this directory`);
    }
    const path = join(directory, part);
    if (!existsSync(path)) throw new InvalidFileError(path, "the file", "a part of the model is missing");
    await readTensorNames(path);
  }
}

/** The files of a model directory that decide how it behaves; the state of a training does not. */
const behaviour =
  /\.safetensors$|^pytorch_model.*\.bin$|^(config|adapter_config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$|^(tokenizer\.model|merges\.txt|chat_template\.jinja)$/;

/** A hash of everything in a model directory that decides how it behaves, the weights included. */
export async function hashModel(directory: string, base = ""): Promise<string> {
  const hash = createHash("sha256").update(base);
  for (const name of readdirSync(directory).sort()) {
    if (!behaviour.test(name)) continue;
    hash.update(`\0${name}\0`);
    const file = join(directory, name);
    if (name === configurations.adapter) hash.update(inOneOrder(file));
    else for await (const chunk of createReadStream(file)) hash.update(chunk);
  }
  return hash.digest("hex").slice(0, 20);
}

/** PEFT keeps the names of an adapter's modules in sets, and writes them in another order each time. */
function inOneOrder(adapterConfiguration: string): string {
  return JSON.stringify(parseJson(adapterConfiguration), (_, value: unknown) =>
    Array.isArray(value) && value.every((element) => typeof element === "string") ? value.toSorted() : value,
  );
}

const recordSchema = z.object({
  version: z.string(),
  kind: z.enum(["model", "adapter"]),
  /** The model that the training started from, as the trainer was told it. */
  base: z.string(),
  trainer: z.string(),
});
/** What a trained model's directory says about itself. */
export type ModelRecord = z.infer<typeof recordSchema>;

const recordName = "eef-model.json";

export function writeModelRecord(directory: string, record: ModelRecord): void {
  writeFileAtomically(join(directory, recordName), `${JSON.stringify(record, null, 2)}\n`);
}

/** @throws InvalidFileError if the directory was not made by one of our trainers. */
export function readModelRecord(directory: string): ModelRecord {
  const file = join(directory, recordName);
  const parsed = recordSchema.safeParse(parseJson(file));
  if (parsed.success) return parsed.data;
  throw new InvalidFileError(file, "content", "not the record of a trained model");
}

function parseJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new InvalidFileError(file, "the file", "cannot be read", { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidFileError(file, "content", "not JSON", { cause });
  }
}
