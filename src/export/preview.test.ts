import { describe, expect, it } from "vitest";
import type { Message } from "../trajectory.ts";
import { smallExample } from "./examples.test-helpers.ts";
import { chatWith, templates } from "./foreign-chat.test-helpers.ts";
import { previewExample } from "./preview.ts";

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
