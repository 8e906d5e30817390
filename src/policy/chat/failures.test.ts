import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../errors.ts";
import { ChatConnectionError } from "./chat-connection-error.ts";
import { failure, policyFor, reply, request, useKey } from "./chat-policy.test-helpers.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { ChatTimeoutError } from "./chat-timeout-error.ts";
import { parseRetryAfter } from "./error-text.ts";
import {
  type Answer,
  completion,
  cutOff,
  json,
  reset,
  silence,
  startTestServer,
  text,
} from "./server.test-helpers.ts";

useKey();

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

  it("a reply that a content filter keeps back is not asked for again", async () => {
    const filtered = json(200, {
      choices: [{ message: { content: null }, finish_reason: "content_filter" }],
    });
    const { error, attempts } = await failure([filtered]);
    expect(error).toBeInstanceOf(ChatReplyError);
    expect(error).toMatchObject({ isPermanent: false, message: expect.stringContaining("kept back") });
    expect(attempts).toBe(1);
  });
});

describe("an error where the completion should be", () => {
  const inAnswer = (error: unknown) => json(200, { error });

  it.each<[string, Answer, number]>([
    ["a code", inAnswer({ message: "insufficient credits", code: 402 }), 402],
    ["a code as text", inAnswer({ message: "bad key", code: "401" }), 401],
    ["a word", inAnswer({ message: "no such model", code: "model_not_found" }), 404],
    ["a type", inAnswer({ message: "bad key", type: "authentication_error" }), 401],
  ])("is permanent where its status says so, by %s", async (_, answer, status) => {
    const { error, attempts } = await failure([answer]);
    expect(error).toBeInstanceOf(ChatServerError);
    expect(error).toMatchObject({ status, isPermanent: true });
    expect(attempts).toBe(1);
  });

  it.each<[string, Answer, string]>([
    ["busy", inAnswer({ message: "quota of the minute", code: 429 }), "quota of the minute"],
    ["without a code", json(200, { choices: null, error: { message: "exploded" } }), "exploded"],
    ["as a text", inAnswer("backend overloaded"), "backend overloaded"],
    ["without its name", json(200, { message: "not today", type: "overload" }), "not today"],
    [
      "of the choice",
      json(200, {
        choices: [{ error: { code: 502, message: "upstream died" }, message: { content: "Th" } }],
      }),
      "upstream died",
    ],
    [
      "as the reason to finish",
      completion(null, {
        choices: [{ message: { content: "Thought: half a" }, finish_reason: "error" }],
      }),
      "failed while it wrote",
    ],
  ])("(%s) is told in the server's words, and may pass", async (_, answer, words) => {
    const { error, attempts } = await failure([answer]);
    expect(error).toMatchObject({
      name: "ChatServerError",
      isPermanent: false,
      message: expect.stringContaining(words),
    });
    expect(attempts).toBe(3);
  });

  it("about the context's length ends the episode", async () => {
    const answer = inAnswer({ message: "maximum context length is 8192", code: 400 });
    await using server = await startTestServer(answer);
    expect(await policyFor(server.baseUrl).act(request())).toMatchObject({ stop: "context-overflow" });
  });
});

it("a limit of tokens under another name is asked for in the option's words, and sent under it", async () => {
  const words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
  const { error } = await failure([json(400, { error: { message: words } })]);
  expect(error).toMatchObject({ message: expect.stringContaining("set `maximumTokensField") });
  await using server = await startTestServer(completion(reply));
  const policy = policyFor(server.baseUrl, { maximumTokensField: "max_completion_tokens" });
  await policy.act(request());
  expect(server.requests[0]?.body).toMatchObject({ max_completion_tokens: 512 });
  expect(server.requests[0]?.body).not.toHaveProperty("max_tokens");
});

it.each([
  ["a line break", { "x-key": "secretsecret\nmore" }, /headers\.x-key: holds a line break/],
  ["a character beyond Latin-1", { "x-key": "secretsecret\u2014" }, /headers\.x-key: holds/],
  ["a name that is none", { "x key": "secretsecret" }, /is no name of a header/],
])("a header with %s is refused before the run, without its value", (_, headers, words) => {
  const make = () => policyFor("http://127.0.0.1:9/v1", { headers });
  expect(make).toThrow(ConfigurationError);
  expect(make).toThrow(words);
  expect(make).not.toThrow(/secretsecret/);
});
