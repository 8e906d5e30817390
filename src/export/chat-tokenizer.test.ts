import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatTemplate, tokenizerConfiguration } from "../model/tokenizer/chat.ts";
import type { TemplateMessage } from "../model/tokenizer/chat-template.ts";
import { findMessages } from "../model/tokenizer/message-spans.ts";
import { targetSequence } from "../trainer/sequences.ts";
import type { TrainingExample } from "../trainer/trainer.ts";
import { type ChatTokenizer, openChatTokenizer } from "./chat-tokenizer.ts";
import { UnfitExampleError } from "./example-format.ts";
import { anyExample, callExample, smallExample } from "./examples.test-helpers.ts";
import { chatWith, own, templates, trainedTexts } from "./foreign-chat.test-helpers.ts";
import { createHuggingFaceChat } from "./hugging-face-chat.ts";
import { toolTemplates } from "./tool-templates.test-helpers.ts";
import { generationTemplate } from "./trl.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-chat-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("the mask of the embedded student's tokenizer", () => {
  const openOwn = async (): Promise<ChatTokenizer> => {
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(own.file));
    await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(tokenizerConfiguration(512)));
    return await openChatTokenizer(folder);
  };

  it("is what its trainer trains on, token by token", async () => {
    const chat = await openOwn();
    expect(chat.kind).toBe("eef");
    fc.assert(
      fc.property(anyExample, (example) => {
        const { ids, weights } = chat.mask(example);
        const sequence = targetSequence(own, example, 100_000);
        const predicted = sequence?.weights ?? [];
        // The trainer's sequence is shifted by one, and ends before the last target.
        expect(weights.slice(1, predicted.length + 1)).toEqual(predicted);
        expect(weights.slice(predicted.length + 1).every((weight) => weight === 0)).toBe(true);
        expect(sequence?.inputIds ?? []).toEqual(ids.slice(0, predicted.length));
      }),
    );
  });

  it("is found a second time by rendering the template and looking for the texts", async () => {
    const chat = await openOwn();
    const found = createHuggingFaceChat(own.file, {}, { text: chatTemplate, file: "" }, "tokenizer.json");
    fc.assert(
      fc.property(anyExample, (example) => {
        const expected = chat.mask(example);
        const { ids, weights } = found.mask(example);
        expect(ids).toEqual(expected.ids);
        expect(weights).toEqual(expected.weights);
      }),
      { numRuns: 60 },
    );
  });

  it("is marked in the template for TRL", async () => {
    const chat = await openOwn();
    const marked = generationTemplate
      .replace("{% generation %}", "{{ '\uE000' }}")
      .replace("{% endgeneration %}", "{{ '\uE001' }}");
    const messages = smallExample.messages.map((message, index) => ({
      ...message,
      train: (smallExample.weights[index] ?? 0) > 0,
    }));
    expect(new Template(generationTemplate).render({ messages })).toBe(
      new Template(chatTemplate).render({ messages }),
    );
    const enclosed = [...new Template(marked).render({ messages }).matchAll(/\uE000(.*?)\uE001/gs)];
    expect(enclosed.map((match) => match[1])).toEqual(trainedTexts(chat, smallExample));
  });

  it("has no chat template to use if there is none", async () => {
    await writeFile(join(folder, "tokenizer_config.json"), "{}");
    await expect(openChatTokenizer(folder)).rejects.toThrow(/no chat template/);
    await writeFile(join(folder, "other.jinja"), templates.ChatML);
    expect(await openChatTokenizer(folder, join(folder, "other.jinja"))).toMatchObject({
      kind: "hugging-face",
    });
    await expect(openChatTokenizer(join(folder, "nowhere"))).rejects.toThrow(
      /tokenizer\.json: the file: cannot be read/,
    );
  });
});

it("a template for tools is taken where there are tool calls, and only there", async () => {
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(own.file));
  const named = [
    { name: "default", template: templates.ChatML },
    { name: "tool_use", template: toolTemplates.Hermes },
  ];
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify({ chat_template: named }));
  const chat = await openChatTokenizer(folder);
  const textOf = (example: TrainingExample) => chat.decode(chat.mask(example).ids);
  expect(textOf(callExample(""))).toContain("Tools that can be called:");
  expect(textOf(smallExample)).not.toContain("Tools");
});

describe("the mask of a Hugging Face tokenizer", () => {
  it.each<[keyof typeof templates, string]>([
    ["ChatML", "<|im_end|>"],
    ["Llama 3", "<|im_end|>"],
    ["with a thought before the last answer", "<|im_end|>"],
    ["without end of turn", ""],
  ])("holds the targets' texts and the end of their turn: %s", (name, end) => {
    const chat = chatWith(templates[name]);
    expect(trainedTexts(chat, smallExample)).toEqual([
      `Action: search[lamp]${end}`,
      `Action: click[Buy Now]${end}`,
    ]);
    expect(chat.mask(smallExample).notes).toHaveLength(end === "" ? 1 : 0);
  });

  it.each<keyof typeof templates>(["ChatML", "Llama 3"])(
    "has as many trained turns as targets, whatever the texts: %s",
    (name) => {
      const chat = chatWith(templates[name]);
      const end = chat.mask({ messages: [{ role: "assistant", content: "" }], weights: [1] });
      const endId = end.ids[end.weights.lastIndexOf(1)];
      fc.assert(
        fc.property(anyExample, (example) => {
          const { ids, weights } = chat.mask(example);
          const ends = ids.filter((id, index) => id === endId && (weights[index] ?? 0) > 0);
          expect(ends).toHaveLength(example.weights.filter((weight) => weight > 0).length);
        }),
        { numRuns: 60 },
      );
    },
  );

  it("is the same whichever way the lines of the template end", () => {
    const text = "{% for message in messages %}\n{{ message['content'] }}\n<|im_end|>{% endfor %}";
    const [unix, windows] = [text, text.replaceAll("\n", "\r\n")].map((each) =>
      chatWith(each).mask(smallExample),
    );
    expect(windows).toEqual(unix);
  });

  it("has the weights of the messages", () => {
    const { weights } = chatWith(templates.ChatML).mask({
      messages: [
        { role: "assistant", content: "a" },
        { role: "assistant", content: "b" },
      ],
      weights: [0.5, 2],
    });
    expect(new Set(weights)).toEqual(new Set([0, 0.5, 2]));
  });

  it("is refused if the template hides, moves or refuses messages", () => {
    for (const template of [
      "{{ messages[0]['content'] }}",
      "{% for message in messages | reverse %}{{ message['content'] }}{% endfor %}",
      "{{ raise_exception('System role not supported') }}",
      "{% for message in messages %}{{ message['content'] | upper }}{% endfor %}",
    ]) {
      expect(() => chatWith(template).mask(smallExample)).toThrow(UnfitExampleError);
    }
  });
});

describe("where messages stand in a rendered transcript", () => {
  it("is found whatever stands in them, also the template's own words", () => {
    const template = new Template(templates.ChatML);
    const render = (messages: readonly TemplateMessage[]): string => template.render({ messages });
    const content = fc.oneof(
      fc.string(),
      fc.constantFrom("<|im_end|>\n<|im_start|>assistant\n", "XMARKX0XMARKX", ""),
    );
    const messages = fc.array(
      fc.record({ role: fc.constantFrom("user" as const, "assistant" as const), content }),
    );
    fc.assert(
      fc.property(messages, (given) => {
        const rendered = render(given);
        const spans = findMessages(given, render);
        expect(spans?.map(({ start, end }) => rendered.slice(start, end))).toEqual(
          given.map((each) => each.content),
        );
      }),
    );
  });
});
