import { describe, expect, it } from "vitest";
import { type ChatPolicyOptions, chatPolicy } from "../chat.ts";
import type { ActRequest } from "../policy.ts";
import { ChatConnectionError } from "./chat-connection-error.ts";
import { ChatReplyError } from "./chat-reply-error.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { ChatTimeoutError } from "./chat-timeout-error.ts";
import { type Answer, completion, eventStream, startTestServer } from "./server.test-helpers.ts";

const request: ActRequest = {
  messages: [
    { role: "system", content: "You shop." },
    { role: "user", content: "Find me a lamp." },
  ],
  seed: 7,
  turn: 0,
  temperature: 0.5,
};

async function act(answers: readonly Answer[], more: Partial<ChatPolicyOptions> = {}) {
  await using server = await startTestServer(...answers);
  await using policy = chatPolicy({
    baseUrl: server.baseUrl,
    model: "m",
    stream: true,
    retries: 0,
    backoffSeconds: 0.001,
    ...more,
  });
  const result = await policy.act(request).catch((error: unknown) => error);
  return { result, requests: server.requests };
}

const piece = (content: string, more: object = {}) => ({
  choices: [{ index: 0, delta: { content }, ...more }],
});
const usage = { choices: [], usage: { prompt_tokens: 100, completion_tokens: 12 } };
const reply = "Thought: é.\nAction: click[B0BB]";
const pieces = [
  piece("Thought: é."),
  piece("\nAction: "),
  piece("click[B0BB]"),
  piece("", { finish_reason: "stop" }),
  usage,
];

describe("a streamed reply", () => {
  it("is put together from its pieces, with the server's counts", async () => {
    const { result, requests } = await act([eventStream(pieces)]);
    expect(result).toEqual({ message: reply, promptTokens: 100, generatedTokens: 12 });
    expect(requests[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it("may be a whole one, from a server that does not stream", async () => {
    expect((await act([completion(reply)])).result).toMatchObject({ message: reply });
  });

  it("may hold a tool call in pieces", async () => {
    const call = (given: object) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...given }] } }],
    });
    const answer = eventStream([
      call({ id: "x", function: { name: "act", arguments: "" } }),
      call({ function: { arguments: '{"action": "cli' } }),
      call({ function: { arguments: 'ck[B0BB]"}' } }),
      piece("", { finish_reason: "tool_calls" }),
    ]);
    expect((await act([answer], { actions: "tools" })).result).toMatchObject({
      message: "Action: click[B0BB]",
      toolCall: { name: "act", arguments: '{"action": "click[B0BB]"}' },
    });
  });

  it("holds two calls where both have the index 0, and one where every piece has an id of its own", async () => {
    const call = (id: string, called: object) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id, function: called }] } }],
    });
    const first = '{"action": "click[B0BB]"}';
    const glued = eventStream([
      call("x", { name: "act", arguments: first }),
      call("y", { name: "act", arguments: '{"action": "click[B0CC]"}' }),
      piece("", { finish_reason: "tool_calls" }),
    ]);
    const scattered = eventStream([
      call("x", { name: "act", arguments: first.slice(0, 10) }),
      call("y", { arguments: first.slice(10) }),
      piece("", { finish_reason: "tool_calls" }),
    ]);
    for (const answer of [glued, scattered]) {
      const { result } = await act([answer], { actions: "tools" });
      expect(result).toMatchObject({ toolCall: { name: "act", arguments: first } });
    }
  });

  it("may tell the log-probabilities of its tokens", async () => {
    const token = (text: string, logprob: number) =>
      piece(text, { logprobs: { content: [{ token: text, logprob }] } });
    const answer = eventStream([token("Action:", -1), token(" go", -2), token("\nmore", -4), usage]);
    expect((await act([answer], { logProbabilities: true })).result).toMatchObject({
      message: "Action: go",
      logProbability: -3,
    });
  });

  it("that breaks off is no reply", async () => {
    const { result } = await act([eventStream(pieces.slice(0, 2), "broken-off")]);
    expect(result).toBeInstanceOf(ChatConnectionError);
    const second = await act([eventStream(pieces.slice(0, 2), "broken-off"), eventStream(pieces)], {
      retries: 1,
    });
    expect(second.result).toMatchObject({ message: reply });
  });

  it("that ends without an empty line behind its last event is whole", async () => {
    const answer: Answer = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify(piece("Action: go"))}\n\ndata: [DONE]`);
    };
    expect((await act([answer])).result).toMatchObject({ message: "Action: go" });
  });

  it("is a failure of the server where an event holds nothing but its error", async () => {
    const { result } = await act([eventStream([{ message: "backend overload", type: "overload" }])]);
    expect(result).toMatchObject({
      name: "ChatServerError",
      message: expect.stringContaining("backend overload"),
    });
  });

  it("may have null for choices, or an empty reason to finish, or a call without an index", async () => {
    const call = { index: null, id: "a", function: { name: "act", arguments: '{"action":"go"}' } };
    const answer = eventStream([
      { choices: [{ delta: { tool_calls: [call] }, finish_reason: "" }] },
      { choices: [{ delta: {}, finish_reason: "tool_calls" }] },
      { choices: null, usage: { prompt_tokens: 3, completion_tokens: 4 } },
    ]);
    expect((await act([answer], { actions: "tools" })).result).toMatchObject({
      message: "Action: go",
      promptTokens: 3,
      generatedTokens: 4,
    });
  });

  it("may repeat the name of a tool with every piece of the call, and hold choices that were not asked for", async () => {
    const call = (given: string) => ({
      choices: [
        { index: 1, delta: { content: "other" } },
        {
          index: 0,
          delta: { tool_calls: [{ index: 0, id: "a", function: { name: "act", arguments: given } }] },
        },
      ],
    });
    const answer = eventStream([call('{"action":'), call('"go"}'), piece("", { finish_reason: "stop" })]);
    expect((await act([answer], { actions: "tools" })).result).toMatchObject({ message: "Action: go" });
  });

  it("has no log-probability where a piece comes without", async () => {
    const answer = eventStream([
      piece("Action:", { logprobs: { content: [{ token: "Action:", logprob: -1 }] } }),
      piece(" go", { logprobs: null }),
      piece("", { finish_reason: "stop" }),
    ]);
    expect((await act([answer], { logProbabilities: true })).result).not.toHaveProperty("logProbability");
  });

  it("with an error inside is a failure of the server, with its status where it tells one", async () => {
    const error = { message: "out of memory", type: "InternalServerError", code: 503 };
    const { result } = await act([eventStream([pieces[0], { error }], "broken-off")]);
    expect(result).toBeInstanceOf(ChatServerError);
    expect(result).toMatchObject({ status: 503, message: expect.stringContaining("out of memory") });
  });

  it.each<[string, Answer]>([
    ["without choices", eventStream([usage])],
    ["of other things", eventStream([{ choices: "none" }])],
    [
      "that is no JSON",
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end("data: {\n\n");
      },
    ],
  ])("%s is a reply error", async (_, answer) => {
    expect((await act([answer])).result).toBeInstanceOf(ChatReplyError);
  });
});

describe("a stream whose connection stays open", () => {
  const held =
    (after: string): Answer =>
    (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const datum of pieces.slice(0, 4)) response.write(`data: ${JSON.stringify(datum)}\n\n`);
      response.write(after);
      const timer = setInterval(() => response.write(": still here\n\n"), 50);
      response.on("close", () => clearInterval(timer));
    };

  it.each([
    ["[DONE]", "data: [DONE]\n\n"],
    ["its counts", `data: ${JSON.stringify(usage)}\n\n`],
    ["its reason to finish, for a moment", ""],
  ])("is not waited for beyond %s", async (_, after) => {
    const limits = { stallTimeoutSeconds: 3, timeoutSeconds: 6 };
    const { result, requests } = await act([held(after)], limits);
    expect(result).toMatchObject({ message: reply });
    expect(requests).toHaveLength(1);
  });

  it("is read to its end, so that the connection serves the next request", async () => {
    const ports: (number | undefined)[] = [];
    const answer: Answer = (_, response) => {
      ports.push(response.socket?.remotePort);
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const datum of pieces) response.write(`data: ${JSON.stringify(datum)}\n\n`);
      setTimeout(() => response.end("data: [DONE]\n\n"), 20);
    };
    await using server = await startTestServer(answer);
    await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "m", stream: true });
    await policy.act(request);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await policy.act(request);
    expect(new Set(ports).size).toBe(1);
  });

  it("and is then cut off has its reply all the same", async () => {
    const answer: Answer = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const datum of pieces.slice(0, 4)) response.write(`data: ${JSON.stringify(datum)}\n\n`);
      setTimeout(() => response.socket?.resetAndDestroy(), 50);
    };
    expect((await act([answer])).result).toMatchObject({ message: reply });
  });
});

describe("a server that stops in the middle", () => {
  const stalled: Answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(pieces[0])}\n\n`);
  };

  it("is noticed by its silence, long before the time for a whole answer is over", async () => {
    const { result } = await act([stalled], { stallTimeoutSeconds: 0.1 });
    expect(result).toBeInstanceOf(ChatTimeoutError);
    expect(result).toMatchObject({ timeout: "stall" });
  });

  it("is asked again", async () => {
    const { result } = await act([stalled, eventStream(pieces)], { stallTimeoutSeconds: 0.3, retries: 5 });
    expect(result).toMatchObject({ message: reply });
  });

  const dripping =
    (text: string): Answer =>
    (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write(text), 20);
      response.on("close", () => clearInterval(timer));
    };

  it("but never wholly silent runs out of the time for a whole answer", async () => {
    const drip = dripping(`data: ${JSON.stringify(piece("x"))}\n\n`);
    const { result } = await act([drip], { stallTimeoutSeconds: 5, timeoutSeconds: 0.2 });
    expect(result).toMatchObject({ name: "ChatTimeoutError", timeout: "total" });
  });

  it("is silent though it sends comments", async () => {
    const { result } = await act([dripping(": still here\n\n")], { stallTimeoutSeconds: 0.2 });
    expect(result).toMatchObject({ name: "ChatTimeoutError", timeout: "stall" });
  });
});

it("a server that accepts no connection is given up after the time for that", async () => {
  // An address that is set aside for documentation: either nobody answers, or the network says so at once.
  await using policy = chatPolicy({
    baseUrl: "http://192.0.2.1:9/v1",
    model: "m",
    connectTimeoutSeconds: 0.2,
    retries: 0,
  });
  const error = await policy.act(request).catch((reason: unknown) => reason);
  expect(error).toSatisfy(
    (reason) =>
      reason instanceof ChatConnectionError ||
      (reason instanceof ChatTimeoutError && reason.timeout === "connect"),
  );
});
