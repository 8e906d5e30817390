import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../trainer/external/stand-in.test-helpers.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import type { ChatTokenizer } from "./chat-tokenizer.ts";
import { exampleFormatNamed, exampleFormats } from "./example-formats.ts";
import { callExample } from "./examples.test-helpers.ts";
import { exportExamples, prepare } from "./export-examples.ts";
import { chatWith, templates, trainedTexts } from "./foreign-chat.test-helpers.ts";
import { previewExample } from "./preview.ts";
import { mistralToolTemplate, toolTemplates } from "./tool-templates.test-helpers.ts";

/** What a format makes of an example. */
async function exported(name: string, example: TrainingExample, tokenizer?: ChatTokenizer) {
  using folder = temporaryFolder();
  const format = exampleFormatNamed(name);
  const file = join(folder.path, format.layout === "array" ? "train.json" : "train.jsonl");
  const sourced = [{ example, file, line: 1, text: "" }];
  const report = await exportExamples(file, sourced, format, tokenizer === undefined ? {} : { tokenizer });
  const text = readFileSync(file, "utf8");
  const rows: unknown = JSON.parse(
    format.layout === "array" ? text : `[${text.trim().split("\n").join(",")}]`,
  );
  return { rows, report };
}

const clickJson = String.raw`{"element": "B02 \"old\" “lamp”\n"}`;

describe("under a template that writes tools, the mask holds exactly what the assistant writes", () => {
  it.each<[keyof typeof toolTemplates | "Mistral", string, string]>([
    [
      "Hermes",
      '<tool_call>\n{"name": "search", "arguments": {"query": "lamp"}}\n</tool_call><|im_end|>',
      `<tool_call>\n{"name": "click", "arguments": ${clickJson}}\n</tool_call><|im_end|>`,
    ],
    [
      "Llama 3.1",
      '{"name": "search", "parameters": {"query": "lamp"}}<|eot_id|>',
      `{"name": "click", "parameters": ${clickJson}}<|eot_id|>`,
    ],
    [
      "Mistral",
      '[TOOL_CALLS]search[ARGS]{"query": "lamp"}<|im_end|>',
      `[TOOL_CALLS]click[ARGS]${clickJson}<|im_end|>`,
    ],
  ])("in the format of %s", (name, search, click) => {
    const chat = chatWith(name === "Mistral" ? mistralToolTemplate : toolTemplates[name]);
    const example = callExample("");
    expect(chat.mask(example).notes).toEqual([]);
    expect(trainedTexts(chat, example)).toEqual([search, click]);
    // Masking one call leaves the other as it is.
    const weights = example.weights.map((weight, index) => (index === 2 ? 0 : weight));
    expect(trainedTexts(chat, { ...example, weights })).toEqual([click]);
  });

  it("with what stands beside the call, and beside calls of text", () => {
    const chat = chatWith(toolTemplates.Hermes);
    const example = callExample("Thought: no\n");
    expect(trainedTexts(chat, example)[1]).toBe(
      `Thought: no\n\n<tool_call>\n{"name": "click", "arguments": ${clickJson}}\n</tool_call><|im_end|>`,
    );
    const messages = example.messages.map((message, index) =>
      index === 2 ? { role: message.role, content: message.content } : message,
    );
    expect(trainedTexts(chat, { ...example, messages })[0]).toBe("Action: search[lamp]<|im_end|>");
  });

  it("whatever stands in texts, calls and answers", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom("", "<tool_call>", "\n</tool_response>\n", "XMARKX0XMARKX", '"}', "assistant"),
    );
    const chats = [chatWith(toolTemplates.Hermes), chatWith(toolTemplates["Llama 3.1"])];
    fc.assert(
      fc.property(text, text, text, (argument, answer, question) => {
        const written = JSON.stringify({ element: argument });
        const messages = callExample("").messages.map((message, index) => {
          if (index === 1) return { ...message, content: question };
          if (index === 3) return { ...message, content: answer };
          const { toolCall } = message;
          return index === 4 && toolCall !== undefined
            ? { ...message, toolCall: { ...toolCall, arguments: written } }
            : message;
        });
        for (const chat of chats) {
          const found = trainedTexts(chat, { ...callExample(""), messages });
          expect(found).toHaveLength(2);
          expect(found[1]).toContain(JSON.stringify(argument));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("under a template that would lose something, calls are written as text, and it is said", () => {
  it.each<[string, string, RegExp]>([
    ["knows no tools", templates.ChatML, /chat_template\.jinja leaves out tool calls/],
    [
      "prints no tools",
      toolTemplates.Hermes.replace("{%- for tool in tools %}", "{%- for tool in [] %}"),
      /leaves out the tools/,
    ],
    [
      "prints no arguments",
      toolTemplates.Hermes.replace("call.function.arguments | tojson", "'{}'"),
      /leaves out the arguments/,
    ],
    ["prints no text beside a call", toolTemplates["Llama 3.1"], /leaves out what is written beside/],
    [
      "refuses them",
      toolTemplates["Llama 3.1"].replace("length != 1", "length != 2"),
      /refuses the messages: one call at a time/,
    ],
  ])("where it %s", async (_, template, reason) => {
    const chat = chatWith(template);
    const example = callExample("Thought: no");
    expect(trainedTexts(chat, example).join()).toMatch(/^Action: search\[lamp\].*Action: click\[B02\]/s);
    expect(previewExample(example, chat, { colour: false }).text).toMatch(reason);
    for (const format of ["trl-template", "trl-tokens"]) {
      const { report } = await exported(format, example, chat);
      expect(report.callsAsText).toBe(2);
      expect(report.callsAsTextReasons).toEqual([expect.stringMatching(reason)]);
    }
  });
});

it("a dataset for TRL's own templates has calls with their arguments as data, and the tools", async () => {
  const { rows, report } = await exported("trl-template", callExample(""), chatWith(toolTemplates.Hermes));
  expect(report.callsAsText).toBe(0);
  expect(rows).toMatchObject([
    {
      messages: [
        { role: "system", train: false },
        { role: "user", train: false },
        {
          role: "assistant",
          content: "",
          train: true,
          tool_calls: [{ type: "function", function: { name: "search", arguments: { query: "lamp" } } }],
        },
        { role: "tool", tool_call_id: "call00001", content: "B01 B02", train: false },
        { role: "assistant", train: true },
      ],
      tools: [{ type: "function", function: { name: "search" } }, { function: { name: "click" } }],
    },
  ]);
});

describe("LLaMA-Factory", () => {
  it("gets calls, answers and tools in its own roles", async () => {
    const { rows, report } = await exported("llama-factory", callExample("Thought: no"));
    expect(report).toMatchObject({ callsAsText: 0, rows: 2 });
    const tools: unknown = expect.stringMatching(/^\[\{"type":"function","function":\{"name":"search"/);
    const first = { role: "function_call", content: '{"name": "search", "arguments": {"query":"lamp"}}' };
    expect(rows).toMatchObject([
      { messages: [{ role: "system" }, { role: "user" }, first], tools },
      {
        messages: [
          { role: "system" },
          { role: "user" },
          first,
          { role: "observation", content: "B01 B02" },
          {
            role: "function_call",
            content: expect.stringMatching(/^Thought: no\n<tool_call>\{"name": "click".*\}<\/tool_call>$/),
          },
        ],
        tools,
      },
    ]);
  });

  it("gets text where a call could be taken apart at the wrong place", async () => {
    const { rows, report } = await exported("llama-factory", callExample("I write <tool_call>"));
    expect(report.callsAsText).toBe(2);
    expect(rows).toMatchObject([
      { messages: [{}, {}, { role: "assistant", content: "Action: search[lamp]" }] },
      {},
    ]);
  });
});

it("every format either keeps native tool calls or says why not", async () => {
  const example = callExample("");
  const asText: string[] = [];
  for (const { name, needsTokenizer } of exampleFormats) {
    if (needsTokenizer === true) continue;
    const { rows, report } = await exported(name, example);
    const isText = report.callsAsText > 0;
    expect(report.callsAsTextReasons).toHaveLength(isText ? 1 : 0);
    if (isText) asText.push(name);
    // The call's arguments stand nowhere in the text form, and the tools belong to the calls.
    expect(JSON.stringify(rows).includes("query")).toBe(!isText);
  }
  expect(asText).toEqual(["trl-template"]);
});

it("the canonical form keeps calls and tools", async () => {
  const { rows } = await exported("canonical", callExample("Thought: no"));
  const { messages, tools } = callExample("Thought: no");
  expect(rows).toMatchObject([{ messages: prepare(callExample("Thought: no"))?.messages, tools }]);
  expect(messages).toHaveLength(6);
});
