import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidFileError } from "../../errors.ts";
import { initialParameters, type LlamaConfiguration } from "../llama/llama.ts";
import { createTokenizer } from "../tokenizer/tokenizer.ts";
import { trainTokenizer } from "../tokenizer/train.ts";
import { changeFile } from "./change-file.test-helpers.ts";
import { checkpointVersion, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { writeSafetensors } from "./safetensors.ts";

const tokenizer = createTokenizer(trainTokenizer([], { vocabularySize: 400, domainTokens: [" [SEP]"] }));
const configuration: LlamaConfiguration = {
  vocabularySize: tokenizer.vocabularySize,
  hiddenSize: 16,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 6,
  intermediateSize: 20,
  maximumPositions: 128,
  ropeTheta: 5000,
  rmsNormEpsilon: 1e-6,
  tiedEmbeddings: true,
};
const parameters = initialParameters(configuration, 7);
const content = { configuration, parameters, tokenizer };

/** The id of the user who owns nothing. */
const nobody = 65_534;
let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "checkpoint-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Saves a good checkpoint and damages one of its files. */
async function damaged(
  name: string,
  file: string,
  change: (bytes: Buffer) => Uint8Array | string,
): Promise<string> {
  const directory = join(root, name);
  await saveCheckpoint(directory, content);
  await changeFile(directory, file, change);
  return directory;
}

describe("a checkpoint", () => {
  it("with tied embeddings keeps a stored head that differs, and leaves out one that repeats them", async () => {
    const directory = await damaged("stored-head", "config.json", (bytes) => bytes);
    const store = async (head: Float32Array) =>
      await writeSafetensors(
        join(directory, "model.safetensors"),
        new Map([...parameters, ["lm_head.weight", { shape: [tokenizer.vocabularySize, 16], data: head }]]),
      );
    const { data = new Float32Array() } = parameters.get("model.embed_tokens.weight") ?? {};
    await store(data);
    expect(await loadCheckpoint(directory)).toMatchObject({ configuration, parameters });
    await store(data.with(3, 7));
    const loaded = await loadCheckpoint(directory);
    expect(loaded.configuration).toEqual({ ...configuration, tiedEmbeddings: false });
    expect(loaded.parameters.get("lm_head.weight")?.data).toEqual(data.with(3, 7));
    // Saved again, it says so.
    const again = join(root, "stored-head-again");
    await saveCheckpoint(again, loaded);
    expect(await loadCheckpoint(again)).toMatchObject({ configuration: { tiedEmbeddings: false } });
  });

  it("is read back bit for bit, whether or not the embeddings are tied", async () => {
    for (const tiedEmbeddings of [true, false]) {
      const shape = { ...configuration, tiedEmbeddings };
      const weights = initialParameters(shape, 3);
      weights.get("model.norm.weight")?.data.set([Number.MIN_VALUE, -0, 1e-45, 3.4e38, 0.1]);
      const directory = join(root, `tied-${tiedEmbeddings}`);
      const version = await saveCheckpoint(directory, {
        configuration: shape,
        parameters: weights,
        tokenizer,
        metadata: { seed: 3 },
      });
      const loaded = await loadCheckpoint(directory);
      expect(loaded.configuration).toEqual(shape);
      expect(loaded.tokenizer.files(1)).toEqual(tokenizer.files(1));
      expect(loaded.metadata).toEqual({ seed: 3 });
      expect(loaded.version).toBe(version);
      expect(await checkpointVersion(directory)).toBe(version);
      expect([...loaded.parameters.keys()].sort()).toEqual([...weights.keys()].sort());
      for (const [name, { shape: expected, data }] of weights) {
        const tensor = loaded.parameters.get(name);
        expect(tensor?.shape).toEqual(expected);
        expect(new Uint32Array(tensor?.data.buffer ?? new ArrayBuffer(0))).toEqual(
          new Uint32Array(data.buffer),
        );
      }
      expect(await saveCheckpoint(join(root, "copy"), loaded)).toBe(version);
    }
  });

  it("has another version if a single weight differs", async () => {
    const other = new Map(parameters);
    const norm = new Float32Array(configuration.hiddenSize).fill(1);
    norm[5] = 1 + 2 ** -23;
    other.set("model.norm.weight", { shape: [configuration.hiddenSize], data: norm });
    const version = await saveCheckpoint(join(root, "a"), content);
    expect(await saveCheckpoint(join(root, "b"), { ...content, parameters: other })).not.toBe(version);
  });

  it("can be stored in half the space, rounded to the nearest number", async () => {
    for (const [storage, precision] of [
      ["BF16", 2 ** -8],
      ["F16", 2 ** -11],
    ] as const) {
      const directory = join(root, storage);
      await saveCheckpoint(directory, { ...content, storage });
      const loaded = await loadCheckpoint(directory);
      for (const [name, { data }] of parameters) {
        const read = loaded.parameters.get(name)?.data ?? [];
        for (const [i, value] of data.entries()) {
          expect(Math.abs((read[i] ?? 0) - value)).toBeLessThanOrEqual(
            Math.abs(value) * precision + 2 ** -25,
          );
        }
      }
      // What is stored in 16 bits stays as it is when stored again.
      expect(await saveCheckpoint(directory, { ...loaded, storage })).toBe(loaded.version);
    }
  });

  it("replaces an older one as a whole and leaves nothing else behind", async () => {
    const parent = join(root, "replaced");
    const directory = join(parent, "student");
    // A run that was killed while it wrote.
    await mkdir(join(parent, ".student.partial"), { recursive: true });
    await writeFile(join(parent, ".student.partial", "model.safetensors"), "half");
    await saveCheckpoint(directory, { ...content, metadata: { first: true } });
    await saveCheckpoint(directory, content);
    expect(await readdir(parent)).toEqual(["student"]);
    expect((await loadCheckpoint(directory)).metadata).toBeUndefined();
  });

  it("has the files of a Hugging Face model", async () => {
    const directory = join(root, "files");
    await saveCheckpoint(directory, content);
    expect((await readdir(directory)).sort()).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    expect(JSON.parse(await readFile(join(directory, "config.json"), "utf8"))).toMatchObject({
      architectures: ["LlamaForCausalLM"],
      head_dim: 6,
      eos_token_id: tokenizer.special.end,
      tie_word_embeddings: true,
    });
  });
});

describe("a damaged checkpoint is refused with the place named:", () => {
  const edit = (changes: Record<string, unknown>) => (bytes: Buffer) =>
    JSON.stringify({ ...JSON.parse(bytes.toString()), ...changes });
  const header = (bytes: Buffer) => bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString();
  const withHeader = (bytes: Buffer, change: (json: Record<string, { dtype: string }>) => unknown) => {
    const text = JSON.stringify(change(JSON.parse(header(bytes))));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, Buffer.from(text), bytes.subarray(8 + Number(bytes.readBigUInt64LE()))]);
  };
  const cases: [string, string, (bytes: Buffer) => Uint8Array | string, string][] = [
    ["cut off in the data", "model.safetensors", (bytes) => bytes.subarray(0, -1), "length"],
    ["cut off in the header", "model.safetensors", (bytes) => bytes.subarray(0, 100), "length"],
    ["empty", "model.safetensors", () => "", "length"],
    [
      "longer than it says",
      "model.safetensors",
      (bytes) => Buffer.concat([bytes, Buffer.alloc(4)]),
      "length",
    ],
    ["garbage", "model.safetensors", (bytes) => Buffer.from(bytes).fill("x", 8, 40), "header"],
    [
      "of another number format",
      "model.safetensors",
      (bytes) =>
        withHeader(bytes, (json) => ({
          ...json,
          "model.norm.weight": { ...json["model.norm.weight"], dtype: "I32" },
        })),
      "model.norm.weight.dtype",
    ],
    [
      "of another architecture",
      "config.json",
      edit({ architectures: ["Qwen2ForCausalLM"] }),
      "architectures.0",
    ],
    ["with biases", "config.json", edit({ attention_bias: true }), "attention_bias"],
    [
      "of another size",
      "config.json",
      edit({ intermediate_size: 21 }),
      "model.layers.0.mlp.gate_proj.weight",
    ],
    ["of a smaller vocabulary", "config.json", edit({ vocab_size: 300 }), "vocab_size"],
    ["of a larger vocabulary", "config.json", edit({ vocab_size: 401 }), "model.embed_tokens.weight"],
    [
      "with more layers",
      "config.json",
      edit({ num_hidden_layers: 3 }),
      "model.layers.2.self_attn.q_proj.weight",
    ],
    ["with fewer layers", "config.json", edit({ num_hidden_layers: 1 }), "model.layers.1."],
    ["not JSON", "config.json", (bytes) => bytes.subarray(0, 50), "content"],
    ["with a broken tokenizer", "tokenizer.json", edit({ added_tokens: [] }), "added_tokens"],
  ];
  it.each(cases)("%s (%s)", async (name, file, change, where) => {
    const directory = await damaged(name.replaceAll(" ", "-"), file, change);
    const failure = await loadCheckpoint(directory).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidFileError);
    expect(failure).toHaveProperty("message", expect.stringContaining(where));
  });

  it("missing, or a file", async () => {
    const hint = expect.stringMatching(/config\.json, model\.safetensors and tokenizer\.json/);
    const refusal = (directory: string, problem: string) => ({
      name: "InvalidFileError",
      message: `${directory}: directory: ${problem}`,
      hint,
    });
    const file = join(root, "file");
    await writeFile(file, "");
    for (const read of [loadCheckpoint, checkpointVersion]) {
      const nowhere = join(root, "nowhere");
      await expect(read(nowhere)).rejects.toMatchObject(refusal(nowhere, "it does not exist"));
      await expect(read(file)).rejects.toMatchObject(refusal(file, "it is a file"));
    }
  });

  const obstacles: [string, string, (file: string) => unknown, string][] = [];
  for (const name of ["config.json", "model.safetensors", "tokenizer.json"]) {
    obstacles.push(
      ["not there", name, () => {}, "it does not exist"],
      ["a directory", name, (file) => mkdir(file), "it is a directory"],
      ["a link", name, (file) => symlink("gone", file), "it is a link to a file that does not exist"],
    );
  }
  it.each(obstacles)("in which is %s: %s", async (name, file, put, problem) => {
    const directory = await damaged(`${name}-${file}`.replaceAll(" ", "-"), file, (bytes) => bytes);
    await rm(join(directory, file));
    await put(join(directory, file));
    await expect(loadCheckpoint(directory)).rejects.toMatchObject({
      name: "InvalidFileError",
      message: `${join(directory, file)}: file: cannot be read: ${problem}`,
    });
  });

  it.skipIf(process.platform === "win32")("in which a file may not be read", async () => {
    const directory = await damaged("forbidden", "model.safetensors", (bytes) => bytes);
    await chmod(join(directory, "model.safetensors"), 0);
    await chmod(root, 0o755);
    // The superuser may read everything.
    const isSuperuser = process.getuid?.() === 0;
    if (isSuperuser) process.seteuid?.(nobody);
    try {
      await expect(loadCheckpoint(directory)).rejects.toThrow(
        "model.safetensors: file: cannot be read: reading it is not allowed",
      );
    } finally {
      if (isSuperuser) process.seteuid?.(0);
    }
  });

  it.skipIf(process.platform === "win32")("in which a pipe stands, which is not waited for", async () => {
    const directory = await damaged("pipe", "config.json", (bytes) => bytes);
    await rm(join(directory, "config.json"));
    execFileSync("mkfifo", [join(directory, "config.json")]);
    await expect(loadCheckpoint(directory)).rejects.toThrow(
      "config.json: file: cannot be read: it is no file",
    );
  });

  it.each([
    ["F32", Number.NaN, undefined],
    ["F16", 65520, 65519],
    ["BF16", (2 - 2 ** -8) * 2 ** 127, (2 - 2 ** -7) * 2 ** 127],
  ] as const)("numbers that %s has no room for are not saved", async (storage, tooLarge, largest) => {
    const directory = join(root, `room-in-${storage}`);
    const name = "model.layers.1.mlp.up_proj.weight";
    const save = (value: number) => {
      const { shape = [], data = new Float32Array() } = parameters.get(name) ?? {};
      const changed = new Map(parameters).set(name, { shape, data: data.with(3, -value) });
      return saveCheckpoint(directory, { ...content, parameters: changed, storage });
    };
    await expect(save(tooLarge)).rejects.toThrow(`${name}: it holds numbers that ${storage} has no room for`);
    expect(await readdir(root)).not.toContain(`room-in-${storage}`);
    if (largest === undefined) return;
    await save(largest);
    expect((await loadCheckpoint(directory)).configuration).toEqual(configuration);
  });

  it("parameters that do not belong to the model are not saved", async () => {
    const directory = join(root, "unsaved");
    const save = saveCheckpoint(directory, {
      ...content,
      configuration: { ...configuration, hiddenSize: 8 },
    });
    await expect(save).rejects.toThrow(InvalidFileError);
    await expect(readdir(directory)).rejects.toThrow();
  });
});
