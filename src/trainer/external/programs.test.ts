import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { callExample } from "../../export/examples.test-helpers.ts";
import { hermesTemplate } from "../../export/tool-templates.test-helpers.ts";
import { shippedBase } from "../shipped-base.ts";
import type { Trainer, TrainingRequest } from "../trainer.ts";
import { axolotlTrainer } from "./axolotl.ts";
import { commandTrainer } from "./command.ts";
import { msSwiftTrainer } from "./ms-swift.ts";
import { vllmAdapters } from "./serving/vllm-adapters.ts";
import { madeUpExamples, noServer, requestFor, temporaryFolder } from "./stand-in.test-helpers.ts";
import { trlTrainer } from "./trl.ts";
import { toYaml } from "./yaml.ts";

const model = "meta-llama/Meta-Llama-3-8B-Instruct";
const serve = noServer();

/** What a trainer would write and start, for three examples unless others are given. */
async function preparedBy(trainer: Trainer, changes: Partial<TrainingRequest> = {}) {
  using folder = temporaryFolder();
  const prepared = await trainer.prepare?.(await requestFor(trainer, folder.path, changes));
  if (prepared === undefined) throw new Error(`${trainer.name} prepares nothing`);
  const texts = prepared.files.map((file) => readFileSync(file, "utf8").replaceAll(prepared.folder, "WORK"));
  return {
    command: prepared.command.replaceAll(prepared.folder, "WORK"),
    rows: (texts[0] ?? "")
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line)),
    config: texts[1] ?? "",
  };
}

describe("TRL", () => {
  it("gets tokens with their labels, and a configuration that hides and cuts nothing", async () => {
    const trainer = trlTrainer({
      model: shippedBase,
      contextLength: 4096,
      lora: { rank: 8 },
      gpus: 4,
      serve,
    });
    const { command, rows, config } = await preparedBy(trainer);
    expect(command).toBe("trl sft --config WORK/config.yaml");
    expect(rows[0]).toMatchObject({ input_ids: expect.any(Array), labels: expect.arrayContaining([-100]) });
    for (const line of [
      `model_name_or_path: ${JSON.stringify(shippedBase)}`,
      'datasets:\n  -\n    path: "json"\n    data_files: "WORK/dataset.jsonl"',
      "max_length: 4096",
      "logging_nan_inf_filter: false",
      "num_processes: 4",
      "use_peft: true",
      "lora_r: 8",
    ]) {
      expect(config).toContain(line);
    }
    expect(config).not.toContain("resume_from_checkpoint");
  });

  it("may tokenise by itself with a template that marks what is trained on", async () => {
    using folder = temporaryFolder();
    const chatTemplate = join(folder.path, "marked.jinja");
    writeFileSync(chatTemplate, "{% generation %}{% endgeneration %}");
    const { rows, config } = await preparedBy(trlTrainer({ model, chatTemplate, serve }));
    expect(rows[0]).toMatchObject({
      messages: expect.arrayContaining([expect.objectContaining({ train: true })]),
    });
    expect(config).toContain(
      `chat_template_path: ${JSON.stringify(chatTemplate)}\nassistant_only_loss: true`,
    );
    expect(config).toContain('model_revision: "main"');
  });

  it("gets native tool calls for such a template, where a tokenizer is there to try it with", async () => {
    using folder = temporaryFolder();
    const chatTemplate = join(folder.path, "marked.jinja");
    const words = { tools: ["Tools:", ""], end: "<|end|>", generation: true } as const;
    writeFileSync(chatTemplate, hermesTemplate(words));
    const examples = [callExample("")];
    const calls = { messages: expect.arrayContaining([expect.objectContaining({ role: "tool" })]) };
    const tried = await preparedBy(trlTrainer({ model: shippedBase, chatTemplate, serve }), { examples });
    expect(tried.rows[0]).toMatchObject({ ...calls, tools: expect.any(Array) });
    const untried = await preparedBy(trlTrainer({ model, chatTemplate, serve }), { examples });
    expect(untried.rows[0]).not.toMatchObject(calls);
  });

  it("leaves out examples that are longer than the context, for TRL would cut their targets", async () => {
    const trainer = trlTrainer({ model: shippedBase, contextLength: 8, serve });
    await expect(preparedBy(trainer)).rejects.toThrow(
      /3 of 3 examples do not fit, the first because it has \d+ tokens/,
    );
  });

  it("names those in a file, and counts them", async () => {
    using folder = temporaryFolder();
    const [short, long, ...others] = madeUpExamples(4);
    if (short === undefined || long === undefined) throw new Error("two examples at least");
    const lengthened = {
      ...long,
      messages: [{ role: "system" as const, content: "word ".repeat(500) }, ...long.messages.slice(1)],
    };
    const trainer = trlTrainer({ model: shippedBase, contextLength: 400, serve });
    const examples = [short, lengthened, ...others];
    const prepared = await trainer.prepare?.(await requestFor(trainer, folder.path, { examples }));
    expect(prepared?.summary).toMatch(/^3 rows, .*; 1 example left out, left-out.json says why$/);
    const leftOut = JSON.parse(readFileSync(join(folder.path, "model.training", "left-out.json"), "utf8"));
    expect(leftOut).toMatchObject([{ example: "e1", problem: expect.stringContaining("tokens") }]);
  });

  it("needs a tokenizer, and says where one comes from", () => {
    expect(() => trlTrainer({ model, serve })).toThrow(/no tokenizer\.json/);
  });
});

describe("a whole model", () => {
  it("is not trained for a server that takes adapters only", () => {
    const adapters = vllmAdapters({ baseUrl: "http://127.0.0.1:8000/v1" });
    expect(() => axolotlTrainer({ model, lora: false, serve: adapters })).toThrow(/`lora` is false/);
    expect(() => axolotlTrainer({ model, serve: adapters })).not.toThrow();
  });
});

describe("Axolotl", () => {
  it("gets messages that say whether they are trained on, and the settings without which it would ignore that", async () => {
    const trainer = axolotlTrainer({
      model,
      lora: false,
      launcher: "torchrun",
      gpus: 4,
      deepspeed: "zero3.json",
      serve,
    });
    const { command, rows, config } = await preparedBy(trainer);
    expect(command).toBe("axolotl train WORK/config.yaml --launcher torchrun -- --nproc_per_node=4");
    expect(rows[0]).toMatchObject({
      messages: expect.arrayContaining([expect.objectContaining({ train: true })]),
    });
    for (const line of [
      "roles_to_train: []",
      'message_field_training: "train"',
      'train_on_eos: "turn"',
      'deepspeed: "zero3.json"',
      "sequence_len: 8192",
      // 32 examples of a step on four GPUs, one at a time.
      "gradient_accumulation_steps: 8",
      "learning_rate: 0.00001",
    ]) {
      expect(config).toContain(line);
    }
    expect(config).not.toContain("adapter:");
  });
});

describe("ms-swift", () => {
  it("gets messages that say whether they have a loss, and is started on several GPUs by its environment", async () => {
    const trainer = msSwiftTrainer({ model, gpus: 2, deepspeed: "zero2", majorVersion: 3, serve });
    const { command, rows } = await preparedBy(trainer);
    expect(command).toMatch(/^NPROC_PER_NODE=2 swift sft --model /);
    expect(rows[0]).toMatchObject({
      messages: expect.arrayContaining([expect.objectContaining({ loss: true })]),
    });
    for (const argument of [
      "--dataset WORK/dataset.jsonl",
      "--train_type lora",
      "--loss_scale default",
      "--add_version false",
      "--target_modules all-linear",
      "--learning_rate 0.0001",
      "--deepspeed zero2",
    ]) {
      expect(command).toContain(argument);
    }
  });

  it("gets lists as several arguments, and what is nested as JSON", async () => {
    const settings = { target_modules: ["q_proj", "v_proj"], rope_scaling: { factor: 2 } };
    const { command } = await preparedBy(msSwiftTrainer({ model, settings, serve }));
    expect(command).toContain("--target_modules q_proj v_proj --");
    expect(command).toMatch(/--rope_scaling '\{"factor":2\}'$/);
  });
});

describe("any command", () => {
  it("gets its places filled in, in arguments and files, without a shell between", async () => {
    const trainer = commandTrainer({
      model,
      command: ["llamafactory-cli", "train", "{folder}/train.yaml", "it's {seed}; rm"],
      files: { "train.yaml": "model: {model}\noutput: {output}\n" },
      format: "canonical",
      serve,
    });
    const { command, config } = await preparedBy(trainer);
    expect(command).toBe("llamafactory-cli train WORK/train.yaml 'it'\\''s 1; rm'");
    expect(config).toBe(`model: ${model}\noutput: WORK/output\n`);
  });

  it("gets a dataset that is one JSON array where the format is, and files in folders", async () => {
    using folder = temporaryFolder();
    const trainer = commandTrainer({
      model,
      command: ["llamafactory-cli", "train"],
      files: { "conf/train.yaml": "model: {model}\n" },
      format: "llama-factory",
      serve,
    });
    const request = await requestFor(trainer, folder.path);
    // The second time everything is there already.
    for (let session = 0; session < 2; session++) {
      const prepared = await trainer.prepare?.(request);
      expect(prepared?.summary).toMatch(/^3 rows/);
      const [dataset = "", config = ""] = prepared?.files ?? [];
      const rows: unknown = JSON.parse(readFileSync(dataset, "utf8"));
      expect(rows).toEqual(Array.from({ length: 3 }, () => ({ messages: expect.any(Array), tools: "" })));
      expect(readFileSync(config, "utf8")).toBe(`model: ${model}\n`);
    }
  });

  it("refuses places that it does not know, and files outside of its folder", () => {
    expect(() => commandTrainer({ model, command: ["x", "{data}"], serve })).toThrow(
      /no placeholder \{data\}/,
    );
    expect(() => commandTrainer({ model, command: ["x"], files: { "../x": "" }, serve })).toThrow(
      /not inside/,
    );
    for (const name of ["./training.json", "dataset.json", "output/config.json"]) {
      expect(() => commandTrainer({ model, command: ["x"], files: { [name]: "" }, serve })).toThrow(
        /one of eef's own/,
      );
    }
  });
});

describe("every trainer", () => {
  it("takes the trainer's own settings last, and refuses options that it does not know", async () => {
    const trainer = axolotlTrainer({ model, settings: { sequence_len: 100, new_setting: [1] }, serve });
    expect((await preparedBy(trainer)).config).toMatch(/sequence_len: 100\n.*new_setting:\n {2}- 1\n/s);
    expect(() => msSwiftTrainer(Object.assign({ model, serve }, { rank: 3 }))).toThrow(/rank/);
    // A timer of some weeks would go off at once.
    expect(() => msSwiftTrainer({ model, serve, stopGraceSeconds: 1e7 })).toThrow(/stopGraceSeconds/);
  });

  it("describes what decides its result, and neither addresses nor the environment", () => {
    const environment = { HF_TOKEN: "hf_secret" };
    const described = JSON.stringify(
      msSwiftTrainer({ model, environment, executable: ["uv"], serve }).describe?.(),
    );
    expect(described).not.toMatch(/secret|uv|meta-llama/);
    expect(described).toMatch(/"epochs":3.*"serve":\{"name":"none"/);
  });
});

describe("YAML", () => {
  it.each(["on", "Yes", "no", "off", "null", "True", "y", "1", "1.5", "~"])(
    "does not let %s be anything but a name",
    (key) => {
      expect(toYaml({ [key]: 1 })).toBe(`"${key}": 1\n`);
    },
  );

  it("writes numbers so that Python reads numbers, and texts so that it reads texts", () => {
    expect(toYaml({ a: 1e-7, b: 2e21, c: "no", d: "a: b\n", "e f": [], g: [{ h: null }], i: {} })).toBe(
      'a: 1.0e-7\nb: 2.0e+21\nc: "no"\nd: "a: b\\n"\n"e f": []\ng:\n  -\n    h: null\ni: {}\n',
    );
  });
});
