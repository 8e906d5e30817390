import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Environment } from "../environment/environment.ts";
import { ConfigurationError } from "../errors.ts";
import { rollout } from "../rollout/rollout.ts";
import type { Message } from "../trajectory.ts";
import { ChatConnectionError } from "./chat/chat-connection-error.ts";
import { ChatReplyError } from "./chat/chat-reply-error.ts";
import { ChatServerError } from "./chat/chat-server-error.ts";
import { ChatTimeoutError } from "./chat/chat-timeout-error.ts";
import { ChatTruncatedError } from "./chat/chat-truncated-error.ts";
import { parseRetryAfter } from "./chat/error-text.ts";
import { PolicyError } from "./chat/policy-error.ts";
import {
  type Answer,
  completion,
  cutOff,
  json,
  reset,
  silence,
  startTestServer,
  text,
} from "./chat/server.test-helpers.ts";
import { type ChatPolicyOptions, chatPolicy } from "./chat.ts";
import type { ActRequest, Policy } from "./policy.ts";

const keyVariable = "EEF_TEST_CHAT_KEY";
const key = "sk-test-4f9a77c2e1";
const reply = "Thought: B0AA no, B0BB yes.\nAction: click[B0BB]";
const messages: Message[] = [
  { role: "system", content: "You shop." },
  { role: "user", content: "Find me a lamp." },
];

beforeEach(() => {
  process.env[keyVariable] = key;
});
afterEach(() => {
  delete process.env[keyVariable];
});

function policyFor(baseUrl: string, more: Partial<ChatPolicyOptions> = {}) {
  return chatPolicy({
    baseUrl,
    model: "test-model",
    apiKeyEnvironmentVariable: keyVariable,
    retries: 2,
    backoffSeconds: 0.001,
    timeoutSeconds: 5,
    ...more,
  });
}

function request(more: Partial<ActRequest> = {}): ActRequest {
  return { messages, seed: 7, turn: 0, temperature: 0.5, ...more };
}

/** The error of one turn against a server that gives these answers, and how often it was asked. */
async function failure(answers: readonly Answer[], more: Partial<ChatPolicyOptions> = {}) {
  await using server = await startTestServer(...answers);
  const error = await policyFor(server.baseUrl, more)
    .act(request())
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  return { error, attempts: server.requests.length };
}

describe("what is sent", () => {
  it("is the transcript, with the model, temperature, seed, stop and token limit, to /v1/chat/completions", async () => {
    await using server = await startTestServer(completion(reply));
    await policyFor(server.baseUrl, { maximumTokens: 64 }).act(request());
    const [seen] = server.requests;
    expect(seen).toMatchObject({
      method: "POST",
      path: "/v1/chat/completions",
      authorization: `Bearer ${key}`,
    });
    expect(seen?.body).toMatchObject({
      model: "test-model",
      messages,
      temperature: 0.5,
      max_tokens: 64,
      stop: ["\nObservation:"],
      stream: false,
    });
  });

  it("has the same seed for the same turn of the same episode, and another for the next turn", async () => {
    await using server = await startTestServer(completion(reply));
    const policy = policyFor(server.baseUrl);
    for (const turn of [0, 0, 1]) await policy.act(request({ turn }));
    await policy.act(request({ seed: 8 }));
    const seeds = server.requests.map(({ body }) => body.seed);
    expect(seeds[0]).toBe(seeds[1]);
    expect(new Set(seeds).size).toBe(3);
    for (const seed of seeds)
      expect(seed).toSatisfy((value: number) => Number.isInteger(value) && value < 2 ** 31);
  });

  it("can have another system prompt, a fixed temperature, further headers and fields", async () => {
    await using server = await startTestServer(completion(reply));
    await policyFor(server.baseUrl, {
      systemPrompt: "Answer tersely.",
      temperature: 1,
      headers: { "x-team": "lamps" },
      extraBody: { top_p: 0.9 },
    }).act(request());
    const [seen] = server.requests;
    expect(seen?.body.messages).toEqual([{ role: "system", content: "Answer tersely." }, messages[1]]);
    expect(seen?.body).toMatchObject({ temperature: 1, top_p: 0.9 });
    expect(seen?.headers["x-team"]).toBe("lamps");
  });

  it("has no authorization where no key is asked for", async () => {
    await using server = await startTestServer(completion(reply));
    await chatPolicy({ baseUrl: `${server.baseUrl}/`, model: "local" }).act(request());
    expect(server.requests[0]).toMatchObject({ path: "/v1/chat/completions", authorization: undefined });
  });
});

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

  it("cut off by the token limit is an error only if its action is not complete", async () => {
    const cut = (content: string) =>
      completion(content, {
        choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "length" }],
      });
    expect((await act(cut(`${reply}\nObserv`))).message).toBe(reply);
    await expect(act(cut("Thought: B0AA no, B0B"))).rejects.toThrow(ChatTruncatedError);
    await expect(act(cut("Thought: so.\nAction: click[B0"))).rejects.toThrow(ChatTruncatedError);
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

describe("faults that may pass", () => {
  const ok = completion(reply);

  it.each([
    ["a server error", json(500, { error: { message: "out of memory" } })],
    ["a gateway's page", text(502, "<html>Bad gateway</html>")],
    ["a conflict", json(409, {})],
    ["a request timeout", json(408, {})],
    ["a rate limit", json(429, { error: { message: "slow down" } }, { "retry-after": "0" })],
    ["a connection reset", reset],
    ["an answer that breaks off", cutOff],
  ])("%s is retried", async (_, fault) => {
    await using server = await startTestServer(fault, ok);
    const result = await policyFor(server.baseUrl).act(request());
    expect(result.message).toBe(reply);
    expect(server.requests).toHaveLength(2);
  });

  it("a server that is silent longer than the timeout is asked again", async () => {
    await using server = await startTestServer(silence, ok);
    const result = await policyFor(server.baseUrl, { timeoutSeconds: 0.5, retries: 5 }).act(request());
    expect(result.message).toBe(reply);
  });

  it("sends the very same request again", async () => {
    await using server = await startTestServer(json(503, {}), ok);
    await policyFor(server.baseUrl).act(request());
    expect(server.requests[1]?.body).toEqual(server.requests[0]?.body);
  });

  it("waits as long as Retry-After asks, not only as long as the backoff", async () => {
    const stopped = new AbortController();
    const refusal: Answer = (seen, response) => {
      json(429, {}, { "retry-after": "60" })(seen, response);
      setTimeout(() => stopped.abort(), 150);
    };
    await using server = await startTestServer(refusal, ok);
    const act = policyFor(server.baseUrl).act(request({ signal: stopped.signal }));
    await expect(act).rejects.toThrow(/abort/);
    expect(server.requests).toHaveLength(1);
  });

  it("understands Retry-After as seconds and as a date", () => {
    const now = Date.parse("Wed, 21 Oct 2015 07:28:00 GMT");
    expect(parseRetryAfter("12", now)).toBe(12);
    expect(parseRetryAfter("Wed, 21 Oct 2015 07:28:30 GMT", now)).toBe(30);
    expect(parseRetryAfter("Wed, 21 Oct 2015 07:27:00 GMT", now)).toBe(0);
    expect(parseRetryAfter("soon", now)).toBeUndefined();
    expect(parseRetryAfter(null, now)).toBeUndefined();
  });

  it("gives up at once on a server that asks for a longer wait than is allowed", async () => {
    const { error, attempts } = await failure([json(429, {}, { "retry-after": "3600" })]);
    expect(error).toMatchObject({ name: "ChatServerError", status: 429, retryAfterSeconds: 3600 });
    expect(attempts).toBe(1);
  });

  it("end as a typed error when the retries are used up", async () => {
    const server = await failure([json(500, { error: { message: "out of memory" } })]);
    expect(server.error).toBeInstanceOf(ChatServerError);
    expect(server.error).toMatchObject({ status: 500, message: expect.stringContaining("out of memory") });
    expect(server.attempts).toBe(3);
    expect((await failure([reset])).error).toBeInstanceOf(ChatConnectionError);
    expect((await failure([silence], { timeoutSeconds: 0.1, retries: 0 })).error).toBeInstanceOf(
      ChatTimeoutError,
    );
  });

  it("a server that does not exist is a connection error that says where it was sought", async () => {
    const gone = await startTestServer(ok);
    await gone[Symbol.asyncDispose]();
    await expect(policyFor(gone.baseUrl, { retries: 0 }).act(request())).rejects.toThrow(
      /127\.0\.0\.1.*ECONNREFUSED/,
    );
  });

  it("stop at once when the run is stopped", async () => {
    const stopped = new AbortController();
    await using server = await startTestServer(() => stopped.abort(new Error("stopped by the user")));
    const act = policyFor(server.baseUrl).act(request({ signal: stopped.signal }));
    await expect(act).rejects.toThrow("stopped by the user");
    expect(server.requests).toHaveLength(1);
  });
});

describe("faults that stay", () => {
  it.each([
    [400, "unknown field"],
    [401, "invalid key"],
    [403, "not allowed"],
    [404, "The model `test-model` does not exist."],
    [422, "bad temperature"],
  ])("status %i is not retried, and the server's words are shown", async (status, words) => {
    const { error, attempts } = await failure([json(status, { error: { message: words } })]);
    expect(error).toBeInstanceOf(ChatServerError);
    expect(error).toMatchObject({
      status,
      message: expect.stringContaining(words),
      hint: expect.any(String),
    });
    expect(attempts).toBe(1);
  });

  it("a redirect is not followed", async () => {
    const { error, attempts } = await failure([text(308, "", { location: "/v1/elsewhere" })]);
    expect(error).toMatchObject({ status: 308, hint: expect.stringContaining("moved") });
    expect(attempts).toBe(1);
  });

  it.each<[string, Answer, RegExp]>([
    ["content null", completion(null), /content is empty/],
    ["blank content", completion(" \n"), /content is empty/],
    [
      "a refusal",
      json(200, {
        choices: [{ message: { content: null, refusal: "I will not shop." }, finish_reason: "stop" }],
      }),
      /refused: I will not shop/,
    ],
  ])("%s is a reply error and not retried", async (_, answer, problem) => {
    const { error, attempts } = await failure([answer]);
    expect(error).toBeInstanceOf(ChatReplyError);
    expect(error).toBeInstanceOf(PolicyError);
    expect(String(error)).toMatch(problem);
    expect(attempts).toBe(1);
  });
});

describe("an answer that is no chat completion", () => {
  const malformed: [string, Answer, RegExp][] = [
    ["no JSON", text(200, "<html>Welcome</html>"), /expected JSON, received "<html>/],
    ["no choices", json(200, { choices: [] }), /choices: no choices/],
    ["another protocol", json(200, { text: "hello" }), /expected a chat completion/],
    ["a stream", text(200, 'data: {"choices": []}\n\ndata: [DONE]\n\n'), /expected JSON/],
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

describe("the key", () => {
  /** Everything that an error can show: message, hint, stack, and causes, however deep. */
  const everything = (error: unknown): string =>
    error instanceof Error
      ? `${error.stack}\n${JSON.stringify(error, Object.getOwnPropertyNames(error))}\n${everything(error.cause)}`
      : String(error);

  it.each<[string, Answer]>([
    [
      "a server that repeats it in its error",
      json(401, { error: { message: `Incorrect API key provided: ${key}.` } }),
    ],
    ["a server that repeats it in a page", text(200, `<html>${key}</html>`)],
    [
      "a server that repeats the header",
      (seen, response) => text(500, `${seen.authorization}`)(seen, response),
    ],
    ["a connection reset", reset],
  ])("is in no error text of %s", async (_, answer) => {
    const { error } = await failure([answer], { retries: 0 });
    expect(error).toBeInstanceOf(PolicyError);
    expect(everything(error)).not.toContain(key);
  });

  it("is not part of the policy, nor are the headers' values in errors", async () => {
    await using server = await startTestServer((seen, response) =>
      text(400, `bad header ${seen.headers["x-secret"]}`)(seen, response),
    );
    const policy = policyFor(server.baseUrl, { headers: { "x-secret": "second-secret" } });
    expect(JSON.stringify(policy)).not.toContain(key);
    const error = await policy.act(request()).catch((reason: unknown) => reason);
    expect(everything(error)).not.toContain("second-secret");
    expect(everything(error)).toContain("[redacted]");
  });

  it("that is missing or unusable is a configuration error before any request", () => {
    delete process.env[keyVariable];
    expect(() => policyFor("http://127.0.0.1:1/v1")).toThrow(ConfigurationError);
    expect(() => policyFor("http://127.0.0.1:1/v1")).toThrow(keyVariable);
    process.env[keyVariable] = "two words";
    expect(() => policyFor("http://127.0.0.1:1/v1")).toThrow(/no usable key$/);
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

describe("the options", () => {
  it.each(["localhost:8000", "ftp://host/v1", "not an address"])("refuse %s as an address", (baseUrl) => {
    expect(() => policyFor(baseUrl)).toThrow(ConfigurationError);
  });

  it("refuse an address with a password, without showing it", () => {
    const make = () => policyFor("http://user:hunter2@host/v1");
    expect(make).toThrow(ConfigurationError);
    expect(make).not.toThrow(/hunter2/);
  });

  it("refuse unknown ones", () => {
    const withTypingError = { baseUrl: "http://127.0.0.1:1/v1", model: "m", maxTokens: 5 };
    expect(() => chatPolicy(withTypingError)).toThrow(/maxTokens/);
  });

  it.each(["timeoutSeconds", "stallTimeoutSeconds", "maximumRetryAfterSeconds"])(
    "refuse %s beyond a day: a timer of some weeks would go off at once",
    (name) => {
      expect(() => policyFor("http://127.0.0.1:1/v1", { [name]: 1e7 })).toThrow(ConfigurationError);
    },
  );

  it("make another version exactly if the answers may differ", () => {
    const version = (more: Partial<ChatPolicyOptions>) => policyFor("http://127.0.0.1:1/v1", more).version;
    expect(version({})).toBe(version({ retries: 9, headers: { "x-team": "lamps" } }));
    expect(version({})).not.toBe(version({ model: "other" }));
    expect(version({})).not.toBe(version({ systemPrompt: "Be brief." }));
    expect(version({})).not.toBe(version({ extraBody: { top_p: 0.5 } }));
  });
});
