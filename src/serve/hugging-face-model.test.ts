import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import reference from "../../test/fixtures/tiny-llama/reference.json" with { type: "json" };
import { ChatTemplateError } from "../model/tokenizer/chat-template.ts";
import type { Message } from "../trajectory.ts";
import { createApplication } from "./application.ts";
import { type ChatModel, openChatModel } from "./chat-model.ts";

const directory = fileURLToPath(new URL("../../test/fixtures/tiny-llama/model", import.meta.url));
const conversation = reference.conversation as readonly Message[];

let model: ChatModel;
beforeAll(async () => {
  model = await openChatModel({ directory, name: "llama", threads: 1 });
});
afterAll(() => model[Symbol.asyncDispose]());

async function ask(asked: ChatModel, settings: Record<string, unknown>): Promise<Response> {
  return await createApplication(asked).request("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "llama", messages: conversation, ...settings }),
  });
}

describe("a Llama from elsewhere, opened for conversation", () => {
  it("is asked in its own chat format", () => {
    expect(model.encode(conversation)).toEqual(reference.chatPrompt);
    expect(model.contextLength).toBe(256);
  });

  it("stops at any of its end tokens, and writes no special token and none that its tokenizer lacks", async () => {
    const prompt = model.encode(conversation);
    const samples = await Promise.all(
      Array.from({ length: 12 }, (_, seed) =>
        // Hot, so that every token is about as likely as any other.
        model.write({ prompt, seed, temperature: 50, maximumNewTokens: 100 }),
      ),
    );
    const ended = samples.filter((sample) => sample.ended);
    expect(new Set(ended.map(({ tokens }) => tokens.at(-1)))).toEqual(new Set(reference.endTokens));
    for (const { tokens, ended: isEnded } of samples) {
      const written = isEnded ? tokens.slice(0, -1) : tokens;
      expect(written.every((token) => token < 290)).toBe(true);
    }
  });

  it("refuses messages that its chat template refuses, and says why", async () => {
    const refusing: ChatModel = {
      ...model,
      encode: () => {
        throw new ChatTemplateError("the chat template refuses the messages: no system");
      },
    };
    const answer = await ask(refusing, {});
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { param: "messages", message: expect.stringContaining("no system") },
    });
  });

  it("is served like the student", async () => {
    const answer = await ask(model, { temperature: 0, max_tokens: 5, logprobs: true });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      usage: { prompt_tokens: reference.chatPrompt.length },
      choices: [{ message: { role: "assistant" }, logprobs: { content: Array(5).fill({}) } }],
    });
  });
});
