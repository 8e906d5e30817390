import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { explainingMemory } from "../graph/out-of-memory.ts";
import { type LlamaConfiguration, type Parameters, parameterShapes, type Tensor } from "../llama/llama.ts";
import { isMissing, parseJsonAs, readIfPresent } from "./json-file.ts";
import { openSafetensors, type SafetensorsFile, type StoredTensor } from "./safetensors.ts";

const singleFile = "model.safetensors";
const indexFile = "model.safetensors.index.json";

const indexSchema = z.object({
  weight_map: z.record(
    z.string(),
    // From elsewhere, so it must not lead out of the directory.
    z.string().refine((name) => name === basename(name) && name.endsWith(".safetensors"), {
      error: "expected the name of a safetensors file in the same directory",
    }),
  ),
});

/** The files that hold a model's weights, by their names in its directory; an index comes first. */
export async function weightFiles(directory: string): Promise<readonly string[]> {
  const shards = await readIndex(directory);
  return shards === undefined ? [singleFile] : [indexFile, ...namesOf(shards)];
}

/** A model's weights, and its configuration as they show it. */
export interface ReadWeights {
  readonly parameters: Parameters;
  /** As was given, but with a head of its own where one is stored that differs from the embeddings. */
  readonly configuration: LlamaConfiguration;
}

const embeddingsName = "model.embed_tokens.weight";
const headName = "lm_head.weight";

/**
 * Reads a model's weights, one tensor at a time, from `model.safetensors` or from the files that
 * `model.safetensors.index.json` names. All headers are checked against the configuration before any weight is read.
 *
 * Embeddings that `config.json` ties stay tied if the file has no head, or one that is equal to them. A head that differs
 * is the model's head, as in transformers 5.
 * @throws InvalidFileError naming the file, and the tensor or length that is wrong.
 */
export async function readWeights(
  directory: string,
  configuration: LlamaConfiguration,
): Promise<ReadWeights> {
  const shards = await readIndex(directory);
  const names = shards === undefined ? [singleFile] : namesOf(shards);
  await using opened = new AsyncDisposableStack();
  const files: SafetensorsFile[] = [];
  for (const name of names) {
    files.push(
      opened.use(
        shards === undefined
          ? await openSafetensors(join(directory, name))
          : await openShard(directory, name),
      ),
    );
  }
  const found = new Map<string, { readonly file: SafetensorsFile; readonly tensor: StoredTensor }>();
  for (const file of files) {
    for (const [name, tensor] of file.tensors) {
      // What some writers keep though it follows from the configuration.
      if (name.endsWith(".rotary_emb.inv_freq")) continue;
      const expected = shards?.get(name);
      if (shards !== undefined && expected !== basename(file.file)) {
        const problem = expected === undefined ? "no such tensor" : `the tensor in ${expected}`;
        throw new InvalidFileError(file.file, name, `the index has ${problem}`);
      }
      found.set(name, { file, tensor });
    }
  }
  const whole = join(directory, shards === undefined ? singleFile : indexFile);
  const untied = { ...configuration, tiedEmbeddings: configuration.tiedEmbeddings && !found.has(headName) };
  checkShapes(
    untied,
    new Map([...found].map(([name, { tensor, file }]) => [name, { shape: tensor.shape, file: file.file }])),
    whole,
  );
  const parameters = new Map<string, Tensor>();
  for (const [name, { file, tensor }] of found) {
    const read = await explainingMemory(`reading ${name} from ${file.file}`, "The model is too large.", () =>
      file.read(tensor),
    );
    checkFinite(file.file, name, read);
    parameters.set(name, read);
  }
  if (
    !configuration.tiedEmbeddings ||
    !isRepeated(parameters.get(headName), parameters.get(embeddingsName))
  ) {
    return { parameters, configuration: untied };
  }
  parameters.delete(headName);
  return { parameters, configuration };
}

function isRepeated(head: Tensor | undefined, embeddings: Tensor | undefined): boolean {
  return head?.data.every((number, index) => number === embeddings?.data[index]) ?? false;
}

/**
 * Compares the shapes of tensors with those of the model.
 * @param whole The file to name for a tensor that is missing.
 * @throws InvalidFileError naming the first tensor that is missing, of another shape, or not the model's.
 */
export function checkShapes(
  configuration: LlamaConfiguration,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly file: string }>,
  whole: string,
): void {
  const shapes = parameterShapes(configuration);
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      throw new InvalidFileError(whole, name, "missing", {
        hint: "The weights belong to another config.json, or the file is incomplete.",
      });
    }
    if (tensor.shape.join() !== shape.join()) {
      throw new InvalidFileError(tensor.file, name, `expected shape [${shape}], got [${tensor.shape}]`, {
        hint: "The weights belong to another config.json.",
      });
    }
  }
  for (const [name, { file }] of tensors) {
    if (!shapes.has(name)) throw new InvalidFileError(file, name, "the model has no such tensor");
  }
}

/** @throws InvalidFileError if one of the tensor's numbers is infinite or none. */
export function checkFinite(file: string, name: string, { data }: Tensor): void {
  for (const number of data) {
    if (Number.isFinite(number)) continue;
    throw new InvalidFileError(file, name, "it holds numbers that are not finite", {
      hint: "The training that made it diverged, or the file is damaged.",
    });
  }
}

/** The file of each tensor, if the weights are in several files. */
async function readIndex(directory: string): Promise<ReadonlyMap<string, string> | undefined> {
  // Where both stand, the Hugging Face libraries read the single file.
  if (existsSync(join(directory, singleFile))) return undefined;
  const file = join(directory, indexFile);
  const text = await readIfPresent(file);
  if (text === undefined) return undefined;
  return new Map(Object.entries(parseJsonAs(text, indexSchema, file).weight_map));
}

function namesOf(shards: ReadonlyMap<string, string>): string[] {
  return [...new Set(shards.values())].sort();
}

async function openShard(directory: string, name: string): Promise<SafetensorsFile> {
  const file = join(directory, name);
  try {
    return await openSafetensors(file);
  } catch (error) {
    if (!(error instanceof InvalidFileError) || !isMissing(error.cause)) throw error;
    throw new InvalidFileError(file, "file", `missing, though ${indexFile} names it`, {
      cause: error,
      hint: "A part of the model was not copied; fetch all files that the index names.",
    });
  }
}
