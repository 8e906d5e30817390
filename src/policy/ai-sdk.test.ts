import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.ts";
import type { Message } from "../trajectory.ts";
import { type AiSdkPolicyOptions, createAiSdkPolicy } from "./ai-sdk.ts";
import { PolicyError } from "./chat/policy-error.ts";
import {
  type Answer,
  completion,
  json,
  reset,
  silence,
  startTestServer,
  text,
  toolCall,
} from "./chat/server.test-helpers.ts";
import type { ActRequest } from "./policy.ts";

const reply = "Thought: B0AA no, B0BB yes.\nAction: click[B0BB]";
const messages: Message[] = [
  { role: "system", content: "You shop." },
  { role: "user", content: "Find me a lamp." },
];

/** One turn by a real provider of the AI SDK against a server on loopback. */
async function act(
  answers: readonly Answer[],
  more: Partial<AiSdkPolicyOptions> = {},
  request: Partial<ActRequest> = {},
) {
  await using server = await startTestServer(...answers);
  const provider = createOpenAICompatible({ name: "loopback", baseURL: server.baseUrl });
  await using policy = createAiSdkPolicy({
    model: provider("test-model"),
    retries: 2,
    backoffSeconds: 0.001,
    ...more,
  });
  const result = await policy
    .act({ messages, seed: 7, turn: 0, temperature: 0.5, ...request })
    .catch((error: unknown) => error);
  return { result, requests: server.requests };
}

describe("a model of the AI SDK", () => {
  it("gets the transcript and the settings, and its reply is the action", async () => {
    const { result, requests } = await act([completion(`${reply}\nObservation: invented`)]);
    expect(result).toEqual({ message: reply, promptTokens: 100, generatedTokens: 12 });
    expect(requests[0]?.body).toMatchObject({
      model: "test-model",
      temperature: 0.5,
      max_tokens: 512,
      stop: ["\nObservation:"],
      seed: expect.any(Number),
    });
    expect(JSON.stringify(requests[0]?.body.messages)).toContain("Find me a lamp.");
  });

  it("calls tools, and gets its earlier calls and their results back", async () => {
    const { result, requests } = await act(
      [toolCall("act", { action: "click[B0BB]" }, "B0BB.")],
      { actions: "tools" },
      {
        messages: [
          ...messages,
          { role: "assistant", content: "Thought: so.\nAction: search[lamp]" },
          { role: "user", content: "B0AA, B0BB" },
        ],
        turn: 1,
      },
    );
    expect(result).toMatchObject({
      message: "Thought: B0BB.\nAction: click[B0BB]",
      toolCall: { id: "call00002", name: "act", arguments: '{"action":"click[B0BB]"}' },
    });
    expect(requests[0]?.body).toMatchObject({
      tools: [{ type: "function", function: { name: "act" } }],
      messages: [
        { role: "system" },
        { role: "user" },
        {
          role: "assistant",
          tool_calls: [
            { id: "call00001", function: { name: "act", arguments: '{"action":"search[lamp]"}' } },
          ],
        },
        { role: "tool", tool_call_id: "call00001", content: "B0AA, B0BB" },
      ],
    });
  });

  it.each<[string, Answer]>([
    ["a server error", json(500, { error: { message: "out of memory" } })],
    ["a rate limit", json(429, { error: { message: "slow down" } }, { "retry-after": "0" })],
    ["a broken connection", reset],
    ["a page instead of JSON", text(200, "<html>Welcome</html>")],
    ["no choices", json(200, { choices: [] })],
  ])("is asked again after %s", async (_, fault) => {
    const { result, requests } = await act([fault, completion(reply)]);
    expect(result).toMatchObject({ message: reply });
    expect(requests).toHaveLength(2);
  });

  it("that hangs is given up after the timeout, and asked again", async () => {
    const { result } = await act([silence, completion(reply)], { timeoutSeconds: 0.5, retries: 5 });
    expect(result).toMatchObject({ message: reply });
    expect((await act([silence], { timeoutSeconds: 0.1, retries: 0 })).result).toMatchObject({
      name: "ChatTimeoutError",
    });
  });

  it("with a wrong key fails at once and for good, with the server's words", async () => {
    const { result, requests } = await act([json(401, { error: { message: "invalid key" } })]);
    expect(result).toMatchObject({
      name: "ChatServerError",
      status: 401,
      isPermanent: true,
      message: expect.stringContaining("invalid key"),
    });
    expect(requests).toHaveLength(1);
  });

  it("whose context is too short ends the episode", async () => {
    const { result } = await act([
      json(400, { error: { message: "This model's maximum context length is 8192 tokens." } }),
    ]);
    expect(result).toMatchObject({ stop: "context-overflow" });
  });

  it("stops when the run is stopped", async () => {
    const stopped = new AbortController();
    setTimeout(() => stopped.abort(new Error("stopped by the user")), 50);
    expect((await act([silence], {}, { signal: stopped.signal })).result).toMatchObject({
      message: "stopped by the user",
    });
  });
});

describe("another form of the interface", () => {
  const base = { provider: "p", modelId: "m" };
  const generated = (more: object) => ({
    ...base,
    specificationVersion: "v2",
    doGenerate: async () => ({ content: [{ type: "text", text: reply }], ...more }),
  });
  const request: ActRequest = { messages, seed: 1, turn: 0, temperature: 0 };

  it("has its counts and its reason to finish as plain values (v2), or within objects (v3, v4)", async () => {
    const plain = generated({ finishReason: "stop", usage: { inputTokens: 9, outputTokens: 3 } });
    const nested = generated({
      finishReason: { unified: "stop", raw: "stop" },
      usage: { inputTokens: { total: 9 }, outputTokens: { total: 3 } },
    });
    for (const model of [plain, nested]) {
      const result = await createAiSdkPolicy({ model }).act(request);
      expect(result).toEqual({ message: reply, promptTokens: 9, generatedTokens: 3 });
    }
  });

  it("that gives something else entirely is a reply error", async () => {
    const model = { ...base, specificationVersion: "v3", doGenerate: async () => ({ text: "hello" }) };
    const act = createAiSdkPolicy({ model, retries: 0 }).act(request);
    await expect(act).rejects.toMatchObject({ name: "ChatReplyError" });
  });

  it("that does not heed its signal is given up all the same", async () => {
    const model = { ...base, specificationVersion: "v3", doGenerate: () => new Promise(() => {}) };
    const act = createAiSdkPolicy({ model, retries: 0, timeoutSeconds: 0.05 }).act(request);
    await expect(act).rejects.toMatchObject({ name: "ChatTimeoutError" });
  });

  it("whose error has headers without a value is a server error like any other", async () => {
    const error = Object.assign(new Error("slow down"), {
      name: "AI_APICallError",
      statusCode: 429,
      responseHeaders: { "retry-after": "0", "x-none": undefined },
    });
    const model = { ...base, specificationVersion: "v3", doGenerate: () => Promise.reject(error) };
    const act = createAiSdkPolicy({ model, retries: 0 }).act(request);
    await expect(act).rejects.toMatchObject({ name: "ChatServerError", status: 429, retryAfterSeconds: 0 });
  });

  it("that is not known, or is a name only, is refused before any request", () => {
    const old = { ...base, specificationVersion: "v1", doGenerate: async () => ({}) };
    expect(() => createAiSdkPolicy({ model: old })).toThrow(/specification v1/);
    // As a configuration in JavaScript might have it.
    const named = Object({ model: "openai/gpt-5" });
    expect(() => createAiSdkPolicy(named)).toThrow(ConfigurationError);
  });
});

describe("a provider that fails by itself", () => {
  const named = (name: string) => Object.assign(new Error("nothing to load"), { name });
  async function failureOf(thrown: unknown) {
    let calls = 0;
    const model = {
      specificationVersion: "v2",
      provider: "p",
      modelId: "m",
      doGenerate: () => {
        calls += 1;
        throw thrown;
      },
    };
    const act = createAiSdkPolicy({ model, retries: 2, backoffSeconds: 0.001 }).act({
      messages,
      seed: 1,
      turn: 0,
      temperature: 0,
    });
    const error = await act.catch((reason: unknown) => reason);
    return { error, calls };
  }

  it.each([
    "AI_LoadAPIKeyError",
    "AI_LoadSettingError",
    "AI_NoSuchModelError",
    "AI_UnsupportedFunctionalityError",
  ])("%s ends the run: it would come with every request", async (name) => {
    const { error, calls } = await failureOf(named(name));
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({
      name: "ChatProviderError",
      isPermanent: true,
      message: expect.stringContaining("nothing to load"),
    });
    expect(calls).toBe(1);
  });

  it.each([
    ["an error of its own", named("StrangeError")],
    ["a text", "boo"],
  ])("%s is a typed error of the episode", async (_, thrown) => {
    const { error, calls } = await failureOf(thrown);
    expect(error).toMatchObject({ name: "ChatProviderError", isPermanent: false });
    expect(calls).toBe(1);
  });
});

describe("what a provider generated", () => {
  const request: ActRequest = { messages, seed: 1, turn: 0, temperature: 0 };
  const act = (generated: object, more: Partial<AiSdkPolicyOptions> = {}) =>
    createAiSdkPolicy({
      model: {
        specificationVersion: "v2",
        provider: "p",
        modelId: "m",
        doGenerate: async () => generated,
      },
      retries: 0,
      ...more,
    }).act(request);

  it("until it failed is no reply", async () => {
    const half = { content: [{ type: "text", text: "Thought: half a" }], finishReason: "error" };
    await expect(act(half)).rejects.toMatchObject({ name: "ChatServerError", isTransient: true });
  });

  it("may be a call with its arguments as an object, and costs tokens though nobody counts them", async () => {
    const input = { action: "click[B0BB]" };
    const content = [{ type: "tool-call", toolCallId: "a", toolName: "act", input }];
    const result = await act({ content, finishReason: "tool-calls" }, { actions: "tools" });
    expect(result).toMatchObject({ message: "Action: click[B0BB]", generatedTokens: 7 });
  });
});
