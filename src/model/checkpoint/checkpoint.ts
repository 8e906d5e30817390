import { createHash } from "node:crypto";
import { existsSync, type Stats } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type EefErrorOptions, InvalidFileError } from "../../errors.ts";
import type { LlamaConfiguration, Parameters } from "../llama/llama.ts";
import { prettyJson } from "../tokenizer/pretty-json.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { configurationFile, parseConfigurationFile } from "./configuration.ts";
import { isMissing, parseJsonAs, readIfPresent } from "./json-file.ts";
import { type Storage, storages } from "./number-formats.ts";
import { openFile, readText, reasonOf, unreadable } from "./open-file.ts";
import { replaceDirectory, replacedDirectory } from "./replace-directory.ts";
import { writeSafetensors } from "./safetensors.ts";
import { conversationFiles, readTokenizer } from "./tokenizer-files.ts";
import { checkShapes, readWeights, weightFiles } from "./weights.ts";

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
  /** Writes more files into the directory before it is put in place. */
  readonly writeMore?: (directory: string) => Promise<void>;
}

const dataTypes: Readonly<Record<Storage, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/**
 * Writes a checkpoint: all of it into a sibling of the directory, which is then renamed. An interrupted call leaves
 * no directory of that name, or the one that was there.
 * @returns The checkpoint's version.
 * @throws InvalidFileError if parameters, configuration and tokenizer do not belong together, or a number does not fit
 * the storage; nothing is written.
 * @throws EefError if the disk is full, or the directory cannot be written for another reason.
 */
export async function saveCheckpoint(directory: string, content: CheckpointContent): Promise<string> {
  const { configuration, tokenizer, parameters, storage = "F32" } = content;
  const weights = join(directory, "model.safetensors");
  checkVocabulary(directory, configuration, tokenizer);
  checkShapes(
    configuration,
    new Map([...parameters].map(([name, { shape }]) => [name, { shape, file: weights }])),
    weights,
  );
  checkNumbers(parameters, storage, weights);
  const files = new Map([
    ["config.json", prettyJson(configurationFile(configuration, tokenizer.specialIds, dataTypes[storage]))],
    ...tokenizer.files(configuration.maximumPositions),
    ...(content.metadata === undefined ? [] : [["training.json", prettyJson(content.metadata)] as const]),
  ]);
  return await replaceDirectory(directory, async (partial) => {
    for (const [name, text] of files) await writeFile(join(partial, name), text, { flush: true });
    await writeSafetensors(join(partial, "model.safetensors"), parameters, storage);
    await content.writeMore?.(partial);
    return await checkpointVersion(partial);
  });
}

/**
 * Reads a checkpoint, bit for bit as it was saved, or a Llama from elsewhere: any `LlamaForCausalLM` with its weights in
 * one safetensors file or several.
 * @throws InvalidFileError naming the file and the field, tensor or length that is wrong.
 * @throws ConfigurationError if a model from elsewhere has no chat template.
 */
export async function loadCheckpoint(directory: string): Promise<Checkpoint> {
  const configurationPath = join(directory, "config.json");
  await checkDirectory(directory);
  const configurationText = await readText(configurationPath, { hint: checkpointHint });
  const { configuration: written, special } = parseConfigurationFile(configurationText, configurationPath);
  const tokenizer = await readTokenizer(directory, special);
  checkVocabulary(directory, written, tokenizer);
  const { configuration, parameters } = await readWeights(directory, written);
  const metadata = await readMetadata(join(directory, "training.json"));
  return {
    configuration,
    parameters,
    tokenizer,
    version: await checkpointVersion(directory),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/**
 * SHA-256, in hexadecimal, over configuration, weights and tokenizer (and over chat template and end tokens, where
 * they are not the student's own): equal only for models that behave alike.
 * @throws InvalidFileError if one of the files is missing.
 */
export async function checkpointVersion(directory: string): Promise<string> {
  await checkDirectory(directory);
  const required = ["config.json", ...(await weightFiles(directory)), "tokenizer.json"];
  const further = (await conversationFiles(directory)).filter((name) => existsSync(join(directory, name)));
  const hash = createHash("sha256");
  for (const name of [...required, ...further]) hash.update(await digestOf(join(directory, name)));
  return hash.digest("hex");
}

/** In pieces: a file of weights may be larger than memory. */
async function digestOf(file: string): Promise<Uint8Array> {
  const hash = createHash("sha256");
  await using handle = await openFile(file, { hint: checkpointHint });
  try {
    const pieces = handle.createReadStream({ highWaterMark: 2 ** 20, autoClose: false });
    for await (const piece of pieces) hash.update(piece);
  } catch (cause) {
    throw await unreadable(file, cause);
  }
  return hash.digest();
}

const checkpointHint = "A checkpoint is a directory with config.json, model.safetensors and tokenizer.json.";

/** @throws InvalidFileError if there is no directory of this name. */
async function checkDirectory(directory: string): Promise<void> {
  const refused = (problem: string, options: EefErrorOptions = {}) =>
    new InvalidFileError(directory, "directory", problem, { hint: checkpointHint, ...options });
  let stats: Stats;
  try {
    stats = await stat(directory);
  } catch (cause) {
    const former = replacedDirectory(directory);
    const hint = `A save was interrupted at its very end: the former checkpoint stands in ${former}; rename it.`;
    const isReplaced = isMissing(cause) && existsSync(former);
    throw refused(await reasonOf(cause, directory), { cause, ...(isReplaced ? { hint } : {}) });
  }
  if (!stats.isDirectory()) throw refused("it is a file");
}

/** What becomes infinite in the file, or is no number, could not be read again. */
function checkNumbers(parameters: Parameters, storage: Storage, file: string): void {
  const { limit } = storages[storage];
  for (const [name, { data }] of parameters) {
    if (data.every((number) => Math.abs(number) < limit)) continue;
    throw new InvalidFileError(file, name, `it holds numbers that ${storage} has no room for`, {
      hint: storage === "F32" ? "The training that made it diverged." : "F32 has room for all numbers.",
    });
  }
}

/** Every token needs an embedding; many models have some to spare. */
function checkVocabulary(
  directory: string,
  { vocabularySize: embeddings }: LlamaConfiguration,
  { vocabularySize: tokens, endTokens }: Tokenizer,
): void {
  const file = join(directory, "config.json");
  const hint = "Tokenizer and model do not belong together.";
  if (tokens > embeddings) {
    const problem = `expected at least ${tokens}, the tokens of tokenizer.json, got ${embeddings}`;
    throw new InvalidFileError(file, "vocab_size", problem, { hint });
  }
  const outside = endTokens.find((token) => token >= tokens);
  if (outside !== undefined) {
    const problem = `token ${outside} is none of the ${tokens} of tokenizer.json`;
    throw new InvalidFileError(file, "eos_token_id", problem, { hint });
  }
}

async function readMetadata(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readIfPresent(path);
  return text === undefined ? undefined : parseJsonAs(text, z.record(z.string(), z.unknown()), path);
}
