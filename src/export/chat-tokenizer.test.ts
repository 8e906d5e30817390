import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatTemplate, tokenizerConfiguration } from "../model/tokenizer/chat.ts";
import { findMessages } from "../model/tokenizer/message-spans.ts";
import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../model/tokenizer/train.ts";
import { targetSequence } from "../trainer/sequences.ts";
import type { Message } from "../trajectory.ts";
import { type ChatTokenizer, openChatTokenizer } from "./chat-tokenizer.ts";
import { UnfitExampleError } from "./example-format.ts";
import { anyExample, smallExample } from "./examples.test-helpers.ts";
import { createHuggingFaceChat } from "./hugging-face-chat.ts";
import { previewExample } from "./preview.ts";
import { generationTemplate } from "./trl.ts";

/** The chat templates of well-known models, in short. */
const templates = {
  ChatML:
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\\nYou help.<|im_end|>\\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}",
  "Llama 3":
    "{% for message in messages %}{% set content = '<|start|>' + message['role'] + '<|stop|>\\n\\n' + message['content'] | trim + '<|im_end|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}",
  "without end of turn":
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}",
  "with a thought before the last answer":
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}{% if loop.last %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{{ message['content'] + '<|im_end|>\\n' }}{% endfor %}",
};

const file = trainTokenizer(["search lamp Buy Now Thought Action click"], {
  vocabularySize: 420,
  domainTokens: [" [SEP]"],
});
const own = createTokenizer(file);

/** The tokenizer with the special tokens of the templates above added. */
const foreignFile = {
  ...own.file,
  added_tokens: [
    ...own.file.added_tokens,
    ...["<|im_start|>", "<|im_end|>", "<|begin|>"].map((content, index) => ({
      id: own.vocabularySize + index,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
  ],
};

function chatWith(template: string): ChatTokenizer {
  return createHuggingFaceChat(foreignFile, { bos_token: "<|begin|>" }, template, "tokenizer.json");
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-chat-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The trained stretches of text. */
function trainedTexts(chat: ChatTokenizer, example: Parameters<ChatTokenizer["mask"]>[0]): string[] {
  const { ids, weights } = chat.mask(example);
  const runs: number[][] = [];
  let wasTrained = false;
  for (const [index, id] of ids.entries()) {
    const isTrained = (weights[index] ?? 0) > 0;
    if (isTrained && !wasTrained) runs.push([]);
    if (isTrained) runs.at(-1)?.push(id);
    wasTrained = isTrained;
  }
  return runs.map((run) => chat.decode(run));
}

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
    const found = createHuggingFaceChat(own.file, {}, chatTemplate, "tokenizer.json");
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
    const render = (messages: readonly Message[]): string => template.render({ messages });
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

describe("a preview", () => {
  const chat = chatWith(templates.ChatML);

  it("without colours encloses what is trained on, and gives each reason", () => {
    const { text, trainedTokens, tokens } = previewExample(smallExample, chat, { colour: false });
    expect(text).toContain("⟦Action: search[lamp]<|im_end|>⟧");
    expect(text).toContain("Thought: no\nAction: click[B02]<|im_end|>\n");
    expect(text).toContain("message 4: masked. Harmful.");
    expect(text).toContain("message 6: trained. The student's own action.");
    expect(text).not.toContain("\u001B");
    expect(trainedTokens).toBeGreaterThan(0);
    expect(trainedTokens).toBeLessThan(tokens);
  });

  it("with colours has the same text", () => {
    const plain = previewExample(smallExample, chat, { colour: false }).text.replaceAll(/[⟦⟧]/g, "");
    const coloured = previewExample(smallExample, chat, { colour: true }).text;
    expect(coloured).toContain("\u001B[1;32mAction: search[lamp]<|im_end|>\u001B[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours.
    expect(coloured.replaceAll(/\u001B\[[\d;]*m/g, "")).toBe(plain);
  });

  it("lets no text change the terminal, and shortens long masked passages unless told otherwise", () => {
    const messages: Message[] = [
      { role: "user", content: `\u001B[31mred${"x".repeat(2000)}` },
      { role: "assistant", content: "\u0007beep" },
    ];
    const example = {
      ...smallExample,
      messages,
      weights: [0, 1],
      origin: { trajectoryId: "", importantState: 0, reason: "" },
    };
    const short = previewExample(example, chat, { colour: false });
    expect(short.text).not.toMatch(/\p{Cc}(?<!\n)/u);
    expect(short.text.length).toBeLessThan(1000);
    expect(previewExample(example, chat, { colour: false, full: true }).text.length).toBeGreaterThan(2000);
  });

  it("can show single tokens", () => {
    const { text } = previewExample(smallExample, chat, { colour: false, tokens: true });
    expect(text).toMatch(/⟦[^⟧]*\|<\|im_end\|>⟧/);
  });
});
