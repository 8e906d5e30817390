import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidFileError } from "../../errors.ts";
import { type Adapter, initialAdapter, initialParameters, mergeAdapter } from "../llama/llama.ts";
import { tinyConfiguration } from "../llama/tiny-configuration.test-helpers.ts";
import { loadAdapter, saveAdapter } from "./adapter-files.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

const configuration = tinyConfiguration(40, 64);
const adapter: Adapter = initialAdapter(
  configuration,
  { rank: 2, alpha: 3, dropout: 0.1, targetModules: ["q_proj", "up_proj"] },
  1,
);

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "adapter-"));
});
afterAll(() => rm(root, { recursive: true }));

async function saved(name: string): Promise<string> {
  const directory = join(root, name);
  await saveAdapter(directory, adapter, "../base");
  return directory;
}

describe("an adapter's files", () => {
  it("give back the adapter, bit for bit", async () => {
    expect(await loadAdapter(await saved("whole"), configuration)).toEqual(adapter);
  });

  it("have PEFT's names", async () => {
    const directory = await saved("names");
    expect((await readdir(directory)).sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
    expect([...(await readSafetensors(join(directory, "adapter_model.safetensors"))).keys()]).toContain(
      "base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight",
    );
    expect(JSON.parse(await readFile(join(directory, "adapter_config.json"), "utf8"))).toMatchObject({
      peft_type: "LORA",
      base_model_name_or_path: "../base",
      r: 2,
      lora_alpha: 3,
      target_modules: ["q_proj", "up_proj"],
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["another method", { peft_type: "IA3" }, /peft_type: only LORA/],
    ["DoRA", { use_dora: true }, /use_dora: not supported/],
    ["rank-stabilised scaling", { use_rslora: true }, /use_rslora: not supported/],
    ["ranks of their own", { rank_pattern: { q_proj: 4 } }, /rank_pattern: not supported/],
    ["whole modules", { modules_to_save: ["lm_head"] }, /modules_to_save: not supported/],
    [
      "weights that belong to a changed model",
      { init_lora_weights: "pissa" },
      /init_lora_weights: .*"pissa"/,
    ],
    ["a pattern of modules", { target_modules: "all-linear" }, /target_modules: expected the names/],
    ["unknown modules", { target_modules: ["embed_tokens"] }, /target_modules\.0: expected some of/],
    [
      "another rank than its weights",
      { r: 4 },
      /q_proj\.lora_A\.weight: expected shape \[4,32\], got \[2,32\]/,
    ],
    [
      "more modules than weights",
      { target_modules: ["k_proj", "q_proj", "up_proj"] },
      /k_proj\.lora_A\.weight: missing/,
    ],
    [
      "fewer modules than weights",
      { target_modules: ["q_proj"] },
      /up_proj.*the adapted model has no such tensor/,
    ],
  ])("are refused with %s", async (name, changes, message) => {
    const directory = await saved(name.replaceAll(" ", "-"));
    const file = join(directory, "adapter_config.json");
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...changes }));
    const failure = await loadAdapter(directory, configuration).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidFileError);
    expect(failure).toHaveProperty("message", expect.stringMatching(message));
  });

  it.each<[string, Record<string, unknown>]>([
    ["excluded", { target_modules: ["up_proj", "q_proj", "k_proj"], exclude_modules: ["k_proj"] }],
    ["named more precisely", { target_modules: ["self_attn.q_proj", "mlp.up_proj"] }],
    [
      "named layer by layer",
      { target_modules: ["up_proj", "model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"] },
    ],
  ])("are read with modules %s", async (name, changes) => {
    const directory = await saved(name.replaceAll(" ", "-"));
    const file = join(directory, "adapter_config.json");
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...changes }));
    expect(await loadAdapter(directory, configuration)).toEqual(adapter);
  });

  it("are read with a module adapted in one layer only, which changes no other", async () => {
    const directory = await saved("one-layer");
    const file = join(directory, "adapter_config.json");
    const target_modules = ["model.layers.1.self_attn.q_proj"];
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), target_modules }));
    const own = [...adapter.parameters].filter(([name]) => name.startsWith(target_modules[0] ?? "?"));
    await writeSafetensors(
      join(directory, "adapter_model.safetensors"),
      new Map(
        own.map(([name, { shape, data }]) => [
          `base_model.model.${name}`,
          { shape, data: data.map(() => 1) },
        ]),
      ),
    );
    const model = initialParameters(configuration, 1);
    const merged = mergeAdapter(configuration, model, await loadAdapter(directory, configuration));
    const changed = [...model].filter(([name, { data }]) => merged.get(name)?.data.join() !== data.join());
    expect(changed.map(([name]) => name)).toEqual(["model.layers.1.self_attn.q_proj.weight"]);
  });

  it("are read whatever the adapter began with, if that left the model as it is", async () => {
    const directory = await saved("beginnings");
    const file = join(directory, "adapter_config.json");
    const config = JSON.parse(await readFile(file, "utf8"));
    for (const init_lora_weights of [true, false, "gaussian", undefined]) {
      await writeFile(file, JSON.stringify({ ...config, init_lora_weights }));
      expect(await loadAdapter(directory, configuration)).toEqual(adapter);
    }
  });

  it("are refused with numbers that are not finite", async () => {
    const directory = join(root, "not-finite");
    const parameters = new Map(adapter.parameters);
    const name = "model.layers.0.mlp.up_proj.lora_A.weight";
    const { shape = [], data = new Float32Array() } = parameters.get(name) ?? {};
    parameters.set(name, { shape, data: data.with(1, Number.NaN) });
    await saveAdapter(directory, { ...adapter, parameters });
    await expect(loadAdapter(directory, configuration)).rejects.toThrow(
      /up_proj.*numbers that are not finite/,
    );
  });

  it("are refused if cut off, or missing", async () => {
    const directory = await saved("damaged");
    await truncate(join(directory, "adapter_model.safetensors"), 500);
    await expect(loadAdapter(directory, configuration)).rejects.toThrow(InvalidFileError);
    await expect(loadAdapter(join(root, "nowhere"), configuration)).rejects.toThrow(
      /adapter_config\.json: file: cannot be read/,
    );
  });
});
