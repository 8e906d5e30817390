import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { type LlamaConfiguration, type Parameters, parameterShapes } from "../llama/llama.ts";
import { tokenizerConfiguration } from "../tokenizer/chat.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { configurationFile, parseConfigurationFile } from "./configuration.ts";
import type { Storage } from "./number-formats.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** A model at rest: a Hugging Face model directory, readable by this program and by the Hugging Face libraries. */
export interface Checkpoint {
  readonly configuration: LlamaConfiguration;
  readonly parameters: Parameters;
  readonly tokenizer: Tokenizer;
  /** Hash of all that determines the model's behaviour, see `checkpointVersion`. */
  readonly version: string;
  /** How the model came about (`training.json`), where it is told. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface CheckpointContent extends Omit<Checkpoint, "version"> {
  /** How the weights are stored. F32 (the default) keeps every bit; F16 and BF16 halve the size and round. */
  readonly storage?: Storage;
}

const dataTypes: Readonly<Record<Storage, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** The files whose bytes determine what the model writes, in the order in which they are hashed. */
const versionedFiles = ["config.json", "model.safetensors", "tokenizer.json"] as const;

/**
 * Writes a checkpoint: all of it into a sibling of the directory, which is then renamed. An interrupted call leaves
 * no directory of that name, or the one that was there.
 * @returns The checkpoint's version.
 * @throws InvalidFileError if parameters, configuration and tokenizer do not belong together; nothing is written.
 */
export async function saveCheckpoint(directory: string, content: CheckpointContent): Promise<string> {
  const target = resolve(directory);
  const { configuration, tokenizer, storage = "F32" } = content;
  checkTogether(target, configuration, content.parameters, tokenizer);
  const files = new Map<string, string | Uint8Array>([
    ["config.json", pretty(configurationFile(configuration, tokenizer.special, dataTypes[storage]))],
    ["model.safetensors", encodeSafetensors(content.parameters, storage)],
    ["tokenizer.json", JSON.stringify(tokenizer.file)],
    ["tokenizer_config.json", pretty(tokenizerConfiguration(configuration.maximumPositions))],
    ["generation_config.json", pretty(generationConfiguration(tokenizer))],
  ]);
  if (content.metadata !== undefined) files.set("training.json", pretty(content.metadata));

  const partial = join(dirname(target), `.${basename(target)}.partial`);
  const replaced = join(dirname(target), `.${basename(target)}.replaced`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(partial, name), bytes, { flush: true });
  // A directory cannot be renamed onto one that is not empty, so an older checkpoint steps aside first.
  await rm(replaced, { recursive: true, force: true });
  await rename(target, replaced).catch(ignoreMissing);
  await rename(partial, target);
  await rm(replaced, { recursive: true, force: true });
  return versionOf(versionedFiles.map((name) => files.get(name) ?? ""));
}

/**
 * Reads a checkpoint, bit for bit as it was saved.
 * @throws InvalidFileError naming the file and the field, tensor or length that is wrong.
 */
export async function loadCheckpoint(directory: string): Promise<Checkpoint> {
  const [configurationBytes, weights, tokenizerBytes] = await readVersionedFiles(directory);
  const configurationPath = join(directory, "config.json");
  const configuration = parseConfigurationFile(
    parseJson(configurationBytes, configurationPath),
    configurationPath,
  );
  const tokenizerPath = join(directory, "tokenizer.json");
  const tokenizer = createTokenizer(parseJson(tokenizerBytes, tokenizerPath), tokenizerPath);
  const parameters = decodeSafetensors(weights, join(directory, "model.safetensors"));
  checkTogether(directory, configuration, parameters, tokenizer);
  const metadata = await readMetadata(join(directory, "training.json"));
  return {
    configuration,
    parameters,
    tokenizer,
    version: versionOf([configurationBytes, weights, tokenizerBytes]),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/**
 * SHA-256, in hexadecimal, over configuration, weights and tokenizer: equal only for models that behave alike.
 * @throws InvalidFileError if one of the files is missing.
 */
export async function checkpointVersion(directory: string): Promise<string> {
  return versionOf(await readVersionedFiles(directory));
}

async function readVersionedFiles(directory: string): Promise<[Uint8Array, Uint8Array, Uint8Array]> {
  const read = async (name: (typeof versionedFiles)[number]): Promise<Uint8Array> => {
    try {
      return await readFile(join(directory, name));
    } catch (cause) {
      throw new InvalidFileError(join(directory, name), "file", "cannot be read", {
        cause,
        hint: "A checkpoint is a directory with config.json, model.safetensors and tokenizer.json.",
      });
    }
  };
  return [await read("config.json"), await read("model.safetensors"), await read("tokenizer.json")];
}

function versionOf(files: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(createHash("sha256").update(file).digest());
  return hash.digest("hex");
}

function checkTogether(
  directory: string,
  configuration: LlamaConfiguration,
  parameters: Parameters,
  tokenizer: Tokenizer,
): void {
  if (configuration.vocabularySize !== tokenizer.vocabularySize) {
    throw new InvalidFileError(
      join(directory, "config.json"),
      "vocab_size",
      `expected ${tokenizer.vocabularySize}, the tokens of tokenizer.json, got ${configuration.vocabularySize}`,
    );
  }
  const weightsPath = join(directory, "model.safetensors");
  const shapes = parameterShapes(configuration);
  for (const [name, shape] of shapes) {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new InvalidFileError(weightsPath, name, "missing");
    const size = shape.reduce((product, each) => product * each, 1);
    if (tensor.shape.join() !== shape.join() || tensor.data.length !== size) {
      throw new InvalidFileError(
        weightsPath,
        name,
        `expected shape [${shape}], got [${tensor.shape}] with ${tensor.data.length} numbers`,
      );
    }
  }
  for (const name of parameters.keys()) {
    if (!shapes.has(name)) throw new InvalidFileError(weightsPath, name, "the model has no such tensor");
  }
}

function generationConfiguration(tokenizer: Tokenizer): Record<string, unknown> {
  return {
    do_sample: true,
    temperature: 1,
    eos_token_id: tokenizer.special.end,
    pad_token_id: tokenizer.special.pad,
  };
}

async function readMetadata(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await readFile(path).catch(ignoreMissing);
  if (bytes === undefined) return undefined;
  const parsed = z.record(z.string(), z.unknown()).safeParse(parseJson(bytes, path));
  if (!parsed.success) throw new InvalidFileError(path, "content", "expected an object");
  return parsed.data;
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InvalidFileError(file, "content", "not JSON", {
      cause,
      hint: "The file is incomplete or damaged.",
    });
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
