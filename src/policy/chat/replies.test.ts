import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Environment } from "../../environment/environment.ts";
import { rollout } from "../../rollout/rollout.ts";
import type { Message } from "../../trajectory.ts";
import type { ChatPolicyOptions } from "../chat.ts";
import type { Policy } from "../policy.ts";
import { failure, key, messages, policyFor, reply, request, useKey } from "./chat-policy.test-helpers.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { type Answer, completion, json, startTestServer, text } from "./server.test-helpers.ts";

useKey();

describe("the reply", () => {
  async function act(answer: Answer, more: Partial<ChatPolicyOptions> = {}) {
    await using server = await startTestServer(answer);
    return await policyFor(server.baseUrl, more).act(request());
  }

  it("is the message, with the server's token counts", async () => {
    expect(await act(completion(reply))).toEqual({ message: reply, promptTokens: 100, generatedTokens: 12 });
  });

  it("ends with its first action: an invented observation is not kept", async () => {
    const invented = `${reply}\n\nObservation: You bought it.\nAction: click[Buy Now]`;
    expect((await act(completion(invented))).message).toBe(reply);
  });

  it("without an action line is kept for the environment to refuse", async () => {
    expect((await act(completion("I cannot find it."))).message).toBe("I cannot find it.");
  });

  it("is bounded", async () => {
    const { message } = await act(completion("word ".repeat(100_000)));
    expect(message.length).toBeLessThanOrEqual(32_768);
  });

  it("counts tokens by its length where the server counts none", async () => {
    const result = await act(completion(reply, { usage: null }));
    expect(result).toMatchObject({ promptTokens: 6, generatedTokens: 12 });
  });

  it("counts each token of an episode once", async () => {
    const usage = (prompt: number) =>
      completion(reply, { usage: { prompt_tokens: prompt, completion_tokens: 12 } });
    await using server = await startTestServer(usage(100), usage(150), usage(150));
    const policy = policyFor(server.baseUrl);
    const longer: Message[] = [
      ...messages,
      { role: "assistant", content: reply },
      { role: "user", content: "Next page" },
    ];
    expect((await policy.act(request())).promptTokens).toBe(100);
    expect((await policy.act(request({ messages: longer, turn: 1 }))).promptTokens).toBe(38);
    // An episode that starts at this state reads all of it.
    expect((await policy.act(request({ messages: longer, turn: 1, seed: 9 }))).promptTokens).toBe(150);
  });

  const choice = (message: object, more: object = {}) =>
    completion(null, { choices: [{ index: 0, message, finish_reason: "stop", ...more }] });

  it("cut off by the token limit goes on as it is, and is marked unless its action is complete", async () => {
    const cut = (content: string) => choice({ content }, { finish_reason: "length" });
    expect(await act(cut(`${reply}\nObserv`))).toEqual({
      message: reply,
      promptTokens: 100,
      generatedTokens: 12,
    });
    for (const content of ["Thought: B0AA no, B0B", "Thought: so.\nAction: click[B0"]) {
      expect(await act(cut(content))).toMatchObject({ message: content, flaw: "cut-off" });
    }
    expect(await act(choice({ content: null }, { finish_reason: "length" }))).toMatchObject({
      message: "",
      flaw: "cut-off",
    });
  });

  it("that is empty, or a refusal, is the model's own doing too", async () => {
    expect(await act(choice({ content: " " }))).toMatchObject({ message: "", flaw: "empty" });
    expect(await act(choice({ content: null, refusal: "I cannot buy that." }))).toMatchObject({
      message: "I cannot buy that.",
      flaw: "refusal",
    });
  });

  it("that was empty is shown to the model as an empty action, because servers refuse empty messages", async () => {
    await using server = await startTestServer(completion(reply));
    const earlier: Message[] = [
      ...messages,
      { role: "assistant", content: "" },
      { role: "user", content: "That is no action." },
    ];
    await policyFor(server.baseUrl).act(request({ messages: earlier, turn: 1 }));
    expect(server.requests[0]?.body.messages).toContainEqual({ role: "assistant", content: "Action:" });
  });

  it("that was no proper turn is counted, and told once", async () => {
    await using server = await startTestServer(
      choice({ content: "Thought: B0" }, { finish_reason: "length" }),
      choice({ content: null }),
      completion(reply),
    );
    const policy = policyFor(server.baseUrl, { maximumTokens: 4 });
    for (let turn = 0; turn < 3; turn++) await policy.act(request({ turn }));
    expect(policy.remarks?.()).toEqual([
      expect.stringMatching(/^1 of 3 replies of test-model were cut off at maximumTokens \(4\)/),
      expect.stringMatching(/^1 of 3 replies of test-model were empty/),
    ]);
    expect(policy.remarks?.()).toEqual([]);
  });

  it("may have its text in parts", async () => {
    const parts = [
      { type: "text", text: "Thought: so.\n" },
      { type: "text", text: "Action: go" },
    ];
    expect((await act(choice({ content: parts }))).message).toBe("Thought: so.\nAction: go");
  });

  it.each([
    ["zeros", { prompt_tokens: 0, completion_tokens: 0 }, { promptTokens: 6, generatedTokens: 12 }],
    ["fractions", { prompt_tokens: 9.5, completion_tokens: 3 }, { promptTokens: 10, generatedTokens: 3 }],
  ])("counted in %s is not free", async (_, usage, expected) => {
    expect(await act(completion(reply, { usage }))).toMatchObject(expected);
  });

  it("compressed without being asked is read all the same", async () => {
    const compressed: Answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify({ choices: [{ message: { content: reply } }] })));
    };
    expect((await act(compressed)).message).toBe(reply);
    const { error } = await failure([
      (_, response) => {
        response.writeHead(400, { "content-encoding": "gzip" });
        response.end(gzipSync(JSON.stringify({ error: { message: "no such field" } })));
      },
    ]);
    expect(String(error)).toContain("no such field");
  });

  it("may come as a stream that nobody asked for, under another content type", async () => {
    const chunk = { choices: [{ index: 0, delta: { content: reply }, finish_reason: "stop" }] };
    expect((await act(text(200, `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`))).message).toBe(reply);
  });

  it("that a context is too short for ends the episode", async () => {
    const openai = json(400, {
      error: {
        message: "This model's maximum context length is 8192 tokens.",
        type: "invalid_request_error",
        code: "context_length_exceeded",
      },
    });
    const llamaCpp = json(400, {
      error: {
        code: 400,
        message: "the request exceeds the available context size",
        type: "exceed_context_size_error",
      },
    });
    const vllm = json(400, {
      object: "error",
      message: "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
    });
    for (const answer of [openai, llamaCpp, vllm])
      expect(await act(answer)).toMatchObject({ stop: "context-overflow" });
  });
});

describe("an answer that is no chat completion", () => {
  const malformed: [string, Answer, RegExp][] = [
    ["no JSON", text(200, "<html>Welcome</html>"), /expected JSON, received "<html>/],
    ["no choices", json(200, { choices: [] }), /choices: no choices/],
    ["another protocol", json(200, { text: "hello" }), /expected a chat completion/],
    ["an empty stream", text(200, 'data: {"choices": []}\n\ndata: [DONE]\n\n'), /no choices/],
    ["an endless answer", text(200, "x".repeat(5 * 1024 * 1024)), /longer than/],
  ];

  it.each(malformed)("(%s) is a reply error when the retries are used up", async (_, answer, problem) => {
    const { error, attempts } = await failure([answer]);
    expect(error).toBeInstanceOf(ChatReplyError);
    expect(String(error)).toMatch(problem);
    expect(attempts).toBe(3);
  });

  it.each(malformed)("(%s) may be a proxy's, so it is retried", async (_, answer) => {
    await using server = await startTestServer(answer, completion(reply));
    expect((await policyFor(server.baseUrl).act(request())).message).toBe(reply);
  });
});

describe("a rollout with a chat model", () => {
  const environment: Environment = {
    name: "lamps",
    systemPrompt: "You shop.",
    tasks: () => [],
    async start() {
      return {
        observation: "Find me a lamp.",
        step: async (action) => {
          const done = action === "click[Buy Now]";
          return { observation: done ? "Bought." : "A page.", reward: done ? 1 : 0, done, valid: true };
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
  const play = async (policy: Policy) =>
    await rollout(
      {
        id: "r1",
        kind: "expert",
        task: { id: "t1", split: "train" },
        seed: 1,
        temperature: 0,
        maximumSteps: 5,
      },
      { environment, policy },
    );

  it("keeps its messages, counts its tokens once, and wins", async () => {
    const usage = (prompt: number) => ({ usage: { prompt_tokens: prompt, completion_tokens: 10 } });
    await using server = await startTestServer(
      completion(reply, usage(50)),
      json(503, {}),
      completion("Thought: fits.\nAction: click[Buy Now]", usage(70)),
    );
    const trajectory = await play(policyFor(server.baseUrl));
    expect(trajectory).toMatchObject({
      reward: 1,
      stopReason: "done",
      steps: [{ message: reply, action: "click[B0BB]" }, { action: "click[Buy Now]" }],
      usage: { promptTokens: 60, generatedTokens: 20 },
    });
    expect(server.requests[2]?.body.messages).toEqual([
      ...messages,
      { role: "assistant", content: reply },
      { role: "user", content: "A page." },
    ]);
  });

  it("records a failure of the server on the trajectory, without the key", async () => {
    await using server = await startTestServer(json(401, { error: { message: `bad key ${key}` } }));
    const trajectory = await play(policyFor(server.baseUrl));
    expect(trajectory).toMatchObject({ stopReason: "policy-error", error: { name: "ChatServerError" } });
    expect(JSON.stringify(trajectory)).not.toContain(key);
  });
});
