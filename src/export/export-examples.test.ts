import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { collect } from "../formats/collect.test-helpers.ts";
import type { RejectedRow } from "../formats/rows.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import { exampleFormatNamed, exampleFormats } from "./example-formats.ts";
import { anyExample, callExample, smallExample, sourced } from "./examples.test-helpers.ts";
import { type ExportReport, exportExamples, prepare } from "./export-examples.ts";
import { readExamples } from "./read-examples.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-export-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function exported(
  format: string,
  examples: readonly TrainingExample[],
  rejected?: RejectedRow[],
): Promise<{ file: string; rows: unknown[]; report: ExportReport }> {
  const target = exampleFormatNamed(format);
  const file = join(folder, target.layout === "array" ? "train.json" : "train.jsonl");
  const report = await exportExamples(
    file,
    examples.map(sourced),
    target,
    rejected === undefined ? {} : { onRejected: (row) => void rejected.push(row) },
  );
  const text = await readFile(file, "utf8");
  const rows =
    target.layout === "array"
      ? z.array(z.unknown()).parse(JSON.parse(text))
      : text
          .trimEnd()
          .split("\n")
          .map((line): unknown => JSON.parse(line));
  return { file, rows, report };
}

function preparedOf(examples: readonly TrainingExample[]): TrainingExample[] {
  return examples.flatMap((example) => {
    const { trained: _, ...prepared } = prepare(example) ?? { trained: [] };
    return "id" in prepared ? [prepared] : [];
  });
}

const system = { role: "system", content: "Buy it." };
const lamp = { role: "user", content: "A lamp [SEP] “old”\n" };
const search = { role: "assistant", content: "Action: search[lamp]" };
const results = { role: "user", content: "B01 \u2028 B02" };
const harmful = { role: "assistant", content: "Thought: no\nAction: click[B02]" };
const nothing = { role: "user", content: "" };
const buy = { role: "assistant", content: "Action: click[Buy Now]" };

const train = (isTrained: boolean) => ({ train: isTrained });
const trained = [
  { ...system, ...train(false) },
  { ...lamp, ...train(false) },
  { ...search, ...train(true) },
  { ...results, ...train(false) },
  { ...harmful, ...train(false) },
  { ...nothing, ...train(false) },
  { ...buy, ...train(true) },
];
const weighted = [
  system,
  lamp,
  { ...search, weight: 1 },
  results,
  { ...harmful, weight: 0 },
  nothing,
  { ...buy, weight: 1 },
];
const perTarget = [
  { messages: [system, lamp, search] },
  { messages: [system, lamp, search, results, harmful, nothing, buy] },
];

describe("an example, exported", () => {
  it.each<[string, unknown[]]>([
    ["axolotl", [{ messages: trained }]],
    ["trl-template", [{ messages: trained }]],
    [
      "ms-swift",
      [
        {
          messages: [
            system,
            lamp,
            { ...search, loss: true },
            results,
            { ...harmful, loss: false },
            nothing,
            { ...buy, loss: true },
          ],
        },
      ],
    ],
    ["together", [{ messages: weighted }]],
    ["fireworks", [{ messages: weighted }]],
    ["openai", [{ messages: weighted }]],
    ["last-turn", perTarget],
    ["llama-factory", perTarget.map((row) => ({ ...row, tools: "" }))],
  ])("to %s has its form, and ends with the last target", async (format, expected) => {
    const { rows, report } = await exported(format, [smallExample]);
    expect(rows).toEqual(expected);
    expect(report).toMatchObject({
      examples: 1,
      rows: expected.length,
      targets: 2,
      cutMessages: 1,
      rejected: 0,
    });
  });

  it("leaves its id, weights, origin and reasons beside the dataset, with the rows that it became", async () => {
    const second = { ...smallExample, id: "e2" };
    await exported("last-turn", [smallExample, second]);
    const lines = (await readFile(join(folder, "train.origins.jsonl"), "utf8")).trimEnd().split("\n");
    const { taskId, weights, origin } = smallExample;
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { id: "e1", taskId, firstRow: 0, rows: 2, weights, origin },
      { id: "e2", taskId, firstRow: 2, rows: 2, weights, origin },
    ]);
  });

  it("has its settings beside it where the trainer would train on something else without them", async () => {
    await exported("axolotl", [smallExample]);
    expect(await readFile(join(folder, "train.axolotl.yaml"), "utf8")).toMatch(
      /path: "train.jsonl"[\s\S]*type: chat_template[\s\S]*roles_to_train: \[\]\n {4}message_field_training: train\n {4}train_on_eos: turn/,
    );
    await exported("llama-factory", [smallExample]);
    expect(JSON.parse(await readFile(join(folder, "train.dataset_info.json"), "utf8"))).toMatchObject({
      train: {
        file_name: "train.json",
        formatting: "sharegpt",
        columns: { messages: "messages", tools: "tools" },
      },
    });
    for (const format of exampleFormats) {
      expect(format.usage({ file: "train.jsonl", name: "train" })).not.toBe("");
    }
  });
});

describe("examples exported and read again", () => {
  const flagged = ["axolotl", "trl-template", "ms-swift", "together", "fireworks", "openai"];
  const several = fc.array(anyExample, { minLength: 1, maxLength: 4 });

  it.each([...flagged, "last-turn", "llama-factory", "canonical"])(
    "from %s are equal but for what follows the last target, by what stands beside the dataset",
    async (format) => {
      await fc.assert(
        fc.asyncProperty(several, async (made) => {
          const examples = [...made, smallExample, callExample(" I look.\n"), callExample("")];
          const { file } = await exported(format, examples);
          const read = (await collect(readExamples(file))).map(({ example }) => example);
          expect(read).toEqual(preparedOf(examples));
        }),
        { numRuns: 15 },
      );
    },
  );

  it.each(flagged)("from %s alone have every text byte for byte, and the same targets", async (format) => {
    await fc.assert(
      fc.asyncProperty(several, async (examples) => {
        const prepared = preparedOf(examples);
        fc.pre(prepared.length > 0);
        const { file, report } = await exported(format, examples);
        await rm(join(folder, "train.origins.jsonl"));
        const read = (await collect(readExamples(file))).map(({ example }) => example);
        expect(read.map(({ messages }) => messages)).toEqual(prepared.map(({ messages }) => messages));
        expect(read.map(({ weights }) => weights)).toEqual(
          prepared.map(({ weights }) => weights.map((weight) => (weight > 0 ? 1 : 0))),
        );
        // What is lost is counted.
        const all = prepared.flatMap(({ weights }) => weights);
        expect(report).toMatchObject({
          withoutTarget: examples.length - prepared.length,
          roundedWeights: all.filter((weight) => weight === 0.5).length,
          targets: all.filter((weight) => weight > 0).length,
        });
      }),
      { numRuns: 15 },
    );
  });

  it.each(["last-turn", "llama-factory"])(
    "from %s train on what they trained on, whichever rows are left and in whatever order",
    async (format) => {
      const { file, rows } = await exported(format, [smallExample, { ...callExample("Hm."), id: "e2" }]);
      const left = [rows[3], rows[0], rows[2]];
      await writeFile(
        file,
        format === "last-turn"
          ? left.map((row) => `${JSON.stringify(row)}\n`).join("")
          : JSON.stringify(left),
      );
      const read = await collect(readExamples(file));
      expect(read.map(({ example: { id, weights } }) => ({ id, weights }))).toEqual([
        { id: "e2#2", weights: [0, 0, 0, 0, 1] },
        { id: "e1#1", weights: [0, 0, 1] },
        { id: "e2#1", weights: [0, 0, 1] },
      ]);
      expect(read.every(({ assumedTargets }) => assumedTargets === undefined)).toBe(true);
    },
  );

  it.each(["last-turn", "llama-factory"])(
    "from %s have one sample for each target, which is its last message",
    async (format) => {
      await fc.assert(
        fc.asyncProperty(anyExample, async (example) => {
          const prepared = prepare(example);
          fc.pre(prepared !== undefined);
          const { rows } = await exported(format, [example]);
          const targets = prepared?.messages.filter((_, index) => prepared.trained[index]) ?? [];
          const samples = z
            .array(z.object({ messages: z.array(z.object({ role: z.string(), content: z.string() })) }))
            .parse(rows)
            .map(({ messages }) => messages);
          expect(samples.map((messages) => messages.at(-1))).toEqual(targets);
          for (const messages of samples)
            expect(messages).toEqual(example.messages.slice(0, messages.length));
        }),
        { numRuns: 20 },
      );
    },
  );
});

describe("origins that tell too little", () => {
  it("are passed over, and the targets are assumed", async () => {
    const { file } = await exported("last-turn", [smallExample]);
    await writeFile(join(folder, "train.origins.jsonl"), '{"id":"e1","weights":[0]}\n{"cut\n');
    const read = await collect(readExamples(file));
    expect(read.map(({ assumedTargets }) => assumedTargets)).toEqual([1, 3]);
  });
});

describe("an example that a format cannot hold", () => {
  const twoInARow: TrainingExample = {
    ...smallExample,
    messages: [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
      { role: "assistant", content: "c" },
    ],
    weights: [0, 0, 1],
    origin: { trajectoryId: "t", importantState: 0, reason: "" },
  };

  it.each(["together", "llama-factory"])("is set aside by %s, and the others are written", async (format) => {
    const rejected: RejectedRow[] = [];
    const { report } = await exported(format, [twoInARow, smallExample], rejected);
    expect(report).toMatchObject({ examples: 2, rejected: 1, targets: 2 });
    expect(rejected).toMatchObject([{ file: "made-up.jsonl", line: 1, field: "messages.1.role" }]);
    expect(JSON.parse(rejected[0]?.text ?? "")).toEqual(twoInARow);
  });

  it("is named if nobody takes it, and no half-written file is left", async () => {
    await expect(exported("together", [smallExample, twoInARow])).rejects.toThrow(
      /made-up\.jsonl: line 1, messages\.1\.role: .*expected assistant, got user/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it("makes no dataset if there is no other", async () => {
    await expect(
      exported("axolotl", [{ ...smallExample, weights: smallExample.weights.map(() => 0) }]),
    ).rejects.toThrow(/nothing to write: of 1 examples 1 have no target/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("reading examples", () => {
  async function read(
    lines: readonly unknown[],
  ): Promise<{ examples: TrainingExample[]; rejected: RejectedRow[] }> {
    const file = join(folder, "examples.jsonl");
    await writeFile(
      file,
      lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
    );
    const rejected: RejectedRow[] = [];
    const all = await collect(readExamples(file, { onRejected: (row) => void rejected.push(row) }));
    return { examples: all.map(({ example }) => example), rejected };
  }

  it("takes AgentGym's conversations with their loss", async () => {
    const { examples } = await read([
      {
        item_id: "webshop_6",
        conversations: [
          { from: "human", loss: null, value: "i" },
          { from: "gpt", loss: false, value: "Ok." },
          { from: "human", loss: null, value: "o" },
          { from: "gpt", loss: true, value: "a" },
        ],
      },
    ]);
    expect(examples).toMatchObject([{ id: "webshop_6", weights: [0, 0, 0, 1] }]);
  });

  it("trains on an assistant message without a flag, as the trainers do", async () => {
    const { examples } = await read([{ messages: [lamp, search, results, { ...harmful, weight: 0 }] }]);
    expect(examples).toMatchObject([
      { weights: [0, 1, 0, 0], origin: { reason: "Read from examples.jsonl, line 1." } },
    ]);
  });

  it.each<[string, unknown, string]>([
    ["no JSON", '{"messages"', ""],
    ["too few weights", { ...smallExample, weights: [0] }, "weights"],
    ["a weight below 0", { ...smallExample, weights: [0, 0, -1, 0, 0, 0, 1, 0] }, "weights.2"],
    ["a trained observation", { ...smallExample, weights: [0, 1, 0, 0, 0, 0, 1, 0] }, "weights.1"],
    ["a wrong text", { ...smallExample, messages: [{ role: "user", content: 1 }] }, "messages.0.content"],
    ["a tool's message", { messages: [{ role: "tool", content: "" }] }, "messages.0.role"],
    ["tokens", { input_ids: [1], labels: [1] }, "input_ids"],
  ])("sets a row with %s aside, with line and field", async (_, row, field) => {
    const { examples, rejected } = await read([smallExample, row, smallExample]);
    expect(examples).toHaveLength(2);
    expect(rejected).toMatchObject([{ line: 2, field }]);
  });
});

describe("the list of formats", () => {
  it("knows each by its name, and says which there are", () => {
    for (const format of exampleFormats) expect(exampleFormatNamed(format.name)).toBe(format);
    expect(() => exampleFormatNamed("axlotl")).toThrow(/no dataset format "axlotl"/);
  });

  it("writes tokens only with a tokenizer, and an array only to a file named so", async () => {
    await expect(exported("trl-tokens", [smallExample])).rejects.toThrow(/needs a tokenizer/);
    await expect(
      exportExamples(join(folder, "a.jsonl"), [sourced(smallExample)], exampleFormatNamed("llama-factory")),
    ).rejects.toThrow(/one JSON array/);
    expect(existsSync(join(folder, "a.jsonl"))).toBe(false);
  });
});
