import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import reference from "../../../test/fixtures/tiny-llama/reference.json" with { type: "json" };
import { ConfigurationError, InvalidFileError } from "../../errors.ts";
import type { Message } from "../../trajectory.ts";
import { createDecodingSession, createTrainingSession } from "../llama/llama.ts";
import { changeFile } from "./change-file.test-helpers.ts";
import { checkpointVersion, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";

// Made by scripts/interoperability/make_models.py: bfloat16 in three files, Llama 3's rope scaling, 4 heads on 2.
const fixture = fileURLToPath(new URL("../../../test/fixtures/tiny-llama/model", import.meta.url));
const conversation = reference.conversation as readonly Message[];
const tolerance = 1e-4;

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "hugging-face-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A copy of the model with one file changed, or deleted if nothing comes back. */
async function changed(
  name: string,
  file: string,
  change: (bytes: Buffer) => Uint8Array | string | undefined,
): Promise<string> {
  const directory = join(root, name.replaceAll(/\W/g, "-"));
  await cp(fixture, directory, { recursive: true });
  await changeFile(directory, file, change);
  return directory;
}
const edit = (changes: Record<string, unknown>) => (bytes: Buffer) =>
  JSON.stringify({ ...JSON.parse(bytes.toString()), ...changes });

describe(`a Llama made by transformers ${reference.transformers}`, () => {
  it("has torch's logits, and the same greedy continuations", async () => {
    const { configuration, parameters } = await loadCheckpoint(fixture);
    await using session = await createDecodingSession(configuration, parameters, {
      maximumSequences: 2,
      threads: 1,
    });
    const rows = reference.ids.map((tokens, slot) => ({ slot, tokens }));
    const expected = reference.lastLogits.flat();
    const logits = await session.append(rows);
    expect(logits).toHaveLength(expected.length);
    logits.forEach((logit, i) => {
      expect(Math.abs(logit - (expected[i] ?? Number.NaN))).toBeLessThan(tolerance);
    });
    for (const [slot, continuation] of reference.greedy.entries()) {
      session.truncate(slot, 9);
      let token = reference.ids[slot]?.[9] ?? 0;
      const written = [];
      while (written.length < continuation.length) {
        const next = await session.append([{ slot, tokens: [token] }]);
        token = next.indexOf(next.reduce((a, b) => Math.max(a, b), -Infinity));
        written.push(token);
      }
      expect(written).toEqual(continuation);
    }
  });

  it("has torch's loss and gradient norm", async () => {
    const { configuration, parameters } = await loadCheckpoint(fixture);
    await using session = await createTrainingSession(configuration, parameters, {
      learning: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: Infinity },
      threads: 1,
    });
    const { loss, gradientNorm } = await session.step(
      {
        rows: 2,
        length: 40,
        inputIds: Int32Array.from(reference.ids.flat()),
        targets: Int32Array.from(reference.ids.flatMap((row) => [...row.slice(1), 0])),
        targetWeights: Float32Array.from({ length: 80 }, (_, place) => (place % 40 < 39 ? 1 : 0)),
      },
      0,
    );
    expect(Math.abs(loss - reference.loss)).toBeLessThan(tolerance);
    expect(Math.abs(gradientNorm / reference.gradientNorm - 1)).toBeLessThan(tolerance);
  });

  it("writes a conversation in the tokens of its chat template, and ends where its files say", async () => {
    const { tokenizer } = await loadCheckpoint(fixture);
    expect(tokenizer.encodeChat(conversation).ids).toEqual(reference.chat);
    expect(tokenizer.encodeChat(conversation, { addGenerationPrompt: true }).ids).toEqual(
      reference.chatPrompt,
    );
    expect(tokenizer.endTokens.toSorted()).toEqual(reference.endTokens);
    for (const [text, ids] of Object.entries(reference.texts)) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  it("is saved with everything that belongs to it, and loads again as the same model", async () => {
    const loaded = await loadCheckpoint(fixture);
    const directory = join(root, "saved");
    const version = await saveCheckpoint(directory, { ...loaded, storage: "BF16" });
    const again = await loadCheckpoint(directory);
    expect(again.version).toBe(version);
    expect(again.configuration).toEqual(loaded.configuration);
    expect(again.parameters).toEqual(loaded.parameters);
    expect((await readdir(directory)).sort()).toEqual([
      "chat_template.jinja",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    expect(JSON.parse(await readFile(join(directory, "config.json"), "utf8"))).toMatchObject({
      bos_token_id: 290,
      eos_token_id: 291,
      pad_token_id: null,
    });
  });

  it("has another version with another chat template, other end tokens, or another shard", async () => {
    const versions = await Promise.all([
      checkpointVersion(fixture),
      changed("version-template", "chat_template.jinja", (bytes) => `${bytes} `).then(checkpointVersion),
      changed("version-end", "generation_config.json", edit({ eos_token_id: 291 })).then(checkpointVersion),
      changed("version-shard", "model-00002-of-00003.safetensors", (bytes) => {
        bytes.writeUInt8(1, bytes.length - 1);
        return bytes;
      }).then(checkpointVersion),
    ]);
    expect(new Set(versions).size).toBe(versions.length);
  });

  it("may have its chat template in tokenizer_config.json, and needs one", async () => {
    const template = await readFile(join(fixture, "chat_template.jinja"), "utf8");
    const directory = await changed("template-inside", "chat_template.jinja", () => undefined);
    await expect(loadCheckpoint(directory)).rejects.toThrow(ConfigurationError);
    const config = join(directory, "tokenizer_config.json");
    await writeFile(config, edit({ chat_template: template })(await readFile(config)));
    const { tokenizer } = await loadCheckpoint(directory);
    expect(tokenizer.encodeChat(conversation).ids).toEqual(reference.chat);
  });

  it("may have more embeddings than its tokenizer has tokens, but not fewer", async () => {
    const { configuration, tokenizer } = await loadCheckpoint(fixture);
    expect(configuration.vocabularySize).toBeGreaterThan(tokenizer.vocabularySize);
    const more = Array.from({ length: 20 }, (_, i) => ({ id: 295 + i, content: `<|${i}|>`, special: true }));
    const directory = await changed("large-tokenizer", "tokenizer.json", (bytes) => {
      const content = JSON.parse(bytes.toString());
      return JSON.stringify({ ...content, added_tokens: [...content.added_tokens, ...more] });
    });
    await expect(loadCheckpoint(directory)).rejects.toThrow(/vocab_size: expected at least 315.* got 304/);
  });

  it.each([4_000_000_000, Number.MAX_SAFE_INTEGER])("cannot have a token with the id %i", async (id) => {
    const directory = await changed(`token-${id}`, "tokenizer.json", (bytes) => {
      const content = JSON.parse(bytes.toString());
      content.model.vocab.zzz = id;
      return JSON.stringify(content);
    });
    await expect(loadCheckpoint(directory)).rejects.toThrow(/vocab_size: expected at least \d+.* got 304/);
  });

  it("may leave out of config.json what transformers has a value for", async () => {
    const { configuration } = await loadCheckpoint(fixture);
    const missing = Object.fromEntries(
      ["architectures", "rms_norm_eps", "hidden_act", "tie_word_embeddings", "max_position_embeddings"].map(
        (name) => [name, undefined],
      ),
    );
    const directory = await changed("left-out", "config.json", edit(missing));
    const expected = { ...configuration, rmsNormEpsilon: 1e-6, maximumPositions: 2048 };
    expect((await loadCheckpoint(directory)).configuration).toEqual(expected);
  });

  it("has as many key heads as heads if config.json says null", async () => {
    const directory = await changed("key-heads-null", "config.json", edit({ num_key_value_heads: null }));
    // The weights are for two.
    await expect(loadCheckpoint(directory)).rejects.toThrow(/k_proj\.weight: expected shape/);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      "older files",
      {
        rope_parameters: undefined,
        rope_theta: 5e5,
        rope_scaling: {
          rope_type: "llama3",
          factor: 8,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 32,
        },
      },
      {},
    ],
    [
      "linear scaling under its oldest name",
      { rope_parameters: undefined, rope_theta: 1000, rope_scaling: { type: "linear", factor: 2 } },
      { ropeTheta: 1000, ropeScaling: { kind: "linear", factor: 2 } },
    ],
  ])("says how its positions are scaled: %s", async (name, changes, expected) => {
    const { configuration } = await loadCheckpoint(fixture);
    const directory = await changed(name, "config.json", edit(changes));
    expect((await loadCheckpoint(directory)).configuration).toEqual({ ...configuration, ...expected });
  });
});

describe("a damaged model directory is refused with the file and the place named:", () => {
  const shard = "model-00002-of-00003.safetensors";
  const index = "model.safetensors.index.json";
  const withMap = (change: (map: Record<string, string>) => Record<string, string>) => (bytes: Buffer) => {
    const content = JSON.parse(bytes.toString());
    return JSON.stringify({ ...content, weight_map: change(content.weight_map) });
  };
  it.each<[string, string, (bytes: Buffer) => Uint8Array | string | undefined, RegExp]>([
    ["a shard is missing", shard, () => undefined, /00002-of-00003\.safetensors: file: missing, though/],
    [
      "a shard is cut off",
      shard,
      (bytes) => bytes.subarray(0, -9),
      /00002-of-00003.*length: expected at least/,
    ],
    [
      "the index leads elsewhere",
      index,
      withMap((map) => ({ ...map, "lm_head.weight": "../../secret.safetensors" })),
      /weight_map\.lm_head\.weight: expected the name of a safetensors file/,
    ],
    [
      "the index has a tensor elsewhere than the shards",
      index,
      withMap((map) => ({ ...map, "model.embed_tokens.weight": shard })),
      /embed_tokens\.weight: the index has the tensor in model-00002/,
    ],
    ["the index is cut off", index, (bytes) => bytes.subarray(0, 99), /index\.json: content: not JSON/],
    ["a weight is not a number", shard, nanAtTheEnd, /numbers that are not finite/],
    [
      "another architecture",
      "config.json",
      edit({ architectures: ["MistralForCausalLM"] }),
      /architectures\.0.*"Mistral/,
    ],
    [
      "another kind of scaled positions",
      "config.json",
      edit({ rope_parameters: { rope_type: "yarn", rope_theta: 1e4, factor: 4 } }),
      /rope_parameters\.rope_type: .*"yarn"/,
    ],
    [
      "scaled positions without their factor",
      "config.json",
      edit({ rope_parameters: { rope_type: "llama3", rope_theta: 1e4 } }),
      /rope_parameters\.factor/,
    ],
    ["biases", "config.json", edit({ mlp_bias: true }), /mlp_bias/],
    ["null where a value has to be", "config.json", edit({ tie_word_embeddings: null }), /tie_word_embed/],
    [
      "a byte-order mark",
      "config.json",
      (bytes) => `\uFEFF${bytes}`,
      /config\.json: content: .*byte-order mark/,
    ],
    [
      "a token that counts only as a whole word",
      "tokenizer.json",
      edit({ added_tokens: [{ id: 3, content: "lamp", single_word: true }] }),
      /added_tokens\.0\.single_word: .*whole words/,
    ],
    ["no tokenizer", "tokenizer.json", () => undefined, /tokenizer\.json: file: cannot be read/],
    [
      "a tokenizer of another kind",
      "tokenizer.json",
      edit({ model: { type: "Unigram", vocab: [] } }),
      /model\.type/,
    ],
    ["a broken template", "chat_template.jinja", () => "{% for %}", /chat template: not a Jinja template/],
    [
      "an end token without a token",
      "generation_config.json",
      edit({ eos_token_id: 300 }),
      /token 300 is none of/,
    ],
  ])("%s", async (name, file, change, message) => {
    const failure = await loadCheckpoint(await changed(name, file, change)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidFileError);
    expect(failure).toHaveProperty("message", expect.stringMatching(message));
  });
});

/** The last bfloat16 of the file becomes NaN. */
function nanAtTheEnd(bytes: Buffer): Buffer {
  bytes.writeUInt16LE(0x7fc0, bytes.length - 2);
  return bytes;
}
