import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { APIError, BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigurationError, InvalidFileError } from "../errors.ts";
import { saveCheckpoint } from "../model/checkpoint/checkpoint.ts";
import { chatPolicy } from "../policy/chat.ts";
import { createEmbeddedPolicy } from "../policy/embedded.ts";
import type { Message } from "../trajectory.ts";
import { type ChatModel, openChatModel } from "./chat-model.ts";
import { type ChatServer, startServer } from "./server.ts";
import { lampAnswer, lampQuestion, teachModel, thanks, thanksAnswer } from "./taught-model.test-helpers.ts";

const folder = mkdtempSync(join(tmpdir(), "eef-serve-"));
const directory = join(folder, "student");
const failures: unknown[] = [];
let model: ChatModel;
let server: ChatServer;
let client: OpenAI;
beforeAll(async () => {
  await saveCheckpoint(directory, await teachModel());
  model = await openChatModel({ directory, maximumSequences: 8, threads: 1 });
  server = await startServer(model, { port: 0, onFailure: (error) => failures.push(error) });
  client = new OpenAI({ baseURL: server.baseUrl, apiKey: "not needed", maxRetries: 0 });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const asked = (messages: readonly Message[] = lampQuestion) => ({
  model: "student",
  messages: messages.map((message) => ({ ...message })),
  temperature: 0,
});
const post = (body: string | ReadableStream, headers: Record<string, string> = {}) =>
  fetch(`${server.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    ...(typeof body === "string" ? {} : { duplex: "half" as const }),
  });

describe("the OpenAI-compatible server", () => {
  it("answers a conversation, and counts its tokens", async () => {
    const first = await client.chat.completions.create(asked());
    expect(first).toMatchObject({
      object: "chat.completion",
      model: "student",
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: lampAnswer } }],
      usage: {
        prompt_tokens: model.encode(lampQuestion).length,
        completion_tokens: model.tokenizer.encode(lampAnswer).length + 1,
      },
    });
    expect(first.usage?.total_tokens).toBe(
      (first.usage?.prompt_tokens ?? 0) + (first.usage?.completion_tokens ?? 0),
    );
    const second = await client.chat.completions.create(asked(thanks));
    expect(second.choices[0]?.message.content).toBe(thanksAnswer);
  });

  it("lists its model", async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["student"]);
    expect(await client.models.retrieve("student")).toMatchObject({ id: "student", object: "model" });
    await expect(client.models.retrieve("gpt-4")).rejects.toThrow(NotFoundError);
    const health = await fetch(new URL("/health", server.baseUrl));
    expect(await health.json()).toEqual({ status: "ok" });
  });

  it("streams the same text in pieces, and the counts at the end if they are asked for", async () => {
    const whole = await client.chat.completions.create(asked());
    const stream = await client.chat.completions.create({
      ...asked(),
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    const reasons: string[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      expect(chunk.object).toBe("chat.completion.chunk");
      pieces.push(chunk.choices[0]?.delta.content ?? "");
      reasons.push(...[chunk.choices[0]?.finish_reason ?? []].flat());
      usage = chunk.usage ?? usage;
    }
    expect(pieces.join("")).toBe(lampAnswer);
    expect(pieces.filter((piece) => piece !== "").length).toBeGreaterThan(5);
    expect(pieces.join("|")).not.toContain("\uFFFD");
    expect(reasons).toEqual(["stop"]);
    expect(usage).toEqual(whole.usage);
  });

  it("sends each piece as soon as it is written", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const halting: ChatModel = {
      ...model,
      write: async (request) => {
        request.onToken?.({ token: 9, logProbability: -1, likeliest: [], start: 0, text: "first" });
        await promise;
        return await model.write(request);
      },
    };
    await using other = await startServer(halting, { port: 0 });
    const elsewhere = new OpenAI({ baseURL: other.baseUrl, apiKey: "-", maxRetries: 0 });
    const stream = await elsewhere.chat.completions.create({ ...asked(), stream: true });
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      // Were it not sent before the rest is written, the rest would never be.
      if (text === "first") resolve();
    }
    expect(text).toBe(`first${lampAnswer}`);
  });

  it("is understood by the client's own collector of streams", async () => {
    const runner = client.chat.completions.stream({ ...asked(), logprobs: true, n: 2 });
    const { choices } = await runner.finalChatCompletion();
    expect(choices.map(({ message }) => message.content)).toEqual([lampAnswer, lampAnswer]);
    const entries = choices[0]?.logprobs?.content ?? [];
    expect(entries.map(({ token }) => token).length).toBe(model.tokenizer.encode(lampAnswer).length);
  });

  it("repeats an answer by its seed, and varies it from choice to choice", async () => {
    const create = (seed: number | null, n = 1) =>
      client.chat.completions.create({ ...asked(), temperature: 3, max_tokens: 20, seed, n });
    const contents = ({ choices }: OpenAI.ChatCompletion) => choices.map(({ message }) => message.content);
    const once = contents(await create(7, 4));
    expect(new Set(once).size).toBe(4);
    expect(contents(await create(7, 4))).toEqual(once);
    expect(contents(await create(7))).toEqual(once.slice(0, 1));
    expect(contents(await create(8))).not.toEqual(once.slice(0, 1));
    expect(contents(await create(null))).not.toEqual(contents(await create(null)));
  });

  it("ends an answer before a stop string, streamed or not", async () => {
    for (const stop of ["\nAction:", ["\nObservation:", "5 €"], "lamp, 5 €.\n"]) {
      const expected = lampAnswer.slice(0, lampAnswer.indexOf([stop].flat().at(-1) ?? ""));
      const { choices } = await client.chat.completions.create({ ...asked(), stop });
      expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: expected } });
      const stream = await client.chat.completions.create({ ...asked(), stop, stream: true });
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      expect(text).toBe(expected);
    }
  });

  it("cuts an answer off at the most tokens allowed, and at the end of the context", async () => {
    for (const limit of [{ max_tokens: 3 }, { max_completion_tokens: 3 }]) {
      const { choices, usage } = await client.chat.completions.create({ ...asked(), ...limit });
      expect(choices[0]?.finish_reason).toBe("length");
      expect(lampAnswer.startsWith(choices[0]?.message.content ?? "?")).toBe(true);
      expect(usage?.completion_tokens).toBe(3);
    }
    const room = 4;
    const filler = "x".repeat(
      model.contextLength - model.encode([{ role: "user", content: "" }]).length - room,
    );
    const messages: Message[] = [{ role: "user", content: filler }];
    expect(model.encode(messages).length).toBe(model.contextLength - room);
    const { choices, usage } = await client.chat.completions.create({ ...asked(messages), max_tokens: 100 });
    expect(usage?.completion_tokens).toBeLessThanOrEqual(room);
    if (choices[0]?.finish_reason === "length") expect(usage?.completion_tokens).toBe(room);
  });

  it("tells the log-probabilities of the text's tokens and of the likeliest others", async () => {
    const request = { ...asked(), logprobs: true, top_logprobs: 3, stop: ["\nAction:"] };
    const { choices } = await client.chat.completions.create(request);
    const entries = choices[0]?.logprobs?.content ?? [];
    expect(entries.length).toBeGreaterThan(3);
    const bytes = Uint8Array.from(entries.flatMap((entry) => entry.bytes ?? []));
    expect(new TextDecoder().decode(bytes)).toBe(choices[0]?.message.content);
    for (const { token, logprob, top_logprobs } of entries) {
      expect(top_logprobs).toHaveLength(3);
      // A greedy token is the likeliest.
      expect(top_logprobs[0]).toMatchObject({ token, logprob });
      expect(logprob).toBeLessThanOrEqual(0);
    }
    const streamed: unknown[] = [];
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
    }
    expect(streamed).toEqual(entries);
    expect((await client.chat.completions.create(asked())).choices[0]?.logprobs).toBeNull();
  });

  it("accepts what other clients write: a developer's message, parts of text, fields without effect", async () => {
    const { choices } = await client.chat.completions.create({
      model: "student",
      messages: [
        { role: "developer", content: "Shop." },
        {
          role: "user",
          content: [
            { type: "text", text: "Find " },
            { type: "text", text: "a lamp" },
          ],
        },
      ],
      temperature: 0,
      top_p: 1,
      presence_penalty: 0,
      response_format: { type: "text" },
      modalities: ["text"],
      tools: [],
      tool_choice: "none",
      parallel_tool_calls: true,
      reasoning_effort: null,
      user: "someone",
      metadata: { purpose: "test" },
      store: false,
      service_tier: "auto",
    });
    expect(choices[0]?.message.content).toBe(lampAnswer);
    // What its own library has no types for.
    const body = { ...asked(), top_k: -1, min_p: 0, ignore_eos: false, guided_json: null };
    const answer = await client.post<OpenAI.ChatCompletion>("/chat/completions", { body });
    expect(answer.choices[0]?.message.content).toBe(lampAnswer);
  });

  it("takes its own answers back as they were given", async () => {
    const first = await client.chat.completions.create(asked());
    const { message } = first.choices[0] ?? {};
    if (message === undefined) throw new Error("expected an answer");
    const messages = [...asked().messages, message, { role: "user" as const, content: "Thanks" }];
    const second = await client.chat.completions.create({ ...asked(), messages });
    expect(second.choices[0]?.message.content).toBe(thanksAnswer);
  });

  it.each([[{ top_k: 1 }], [{ top_p: 0 }], [{ min_p: 1 }]])(
    "draws from the likelier tokens only: %j",
    async (few) => {
      const contentsAt = async (truncation: object) => {
        const body = { ...asked(), ...truncation, temperature: 5, seed: 3, n: 4, max_tokens: 12 };
        const { choices } = await client.post<OpenAI.ChatCompletion>("/chat/completions", { body });
        return choices.map(({ message }) => message.content ?? "?");
      };
      // With one token left to draw from, the answer is the greedy one.
      for (const content of await contentsAt(few)) expect(lampAnswer.startsWith(content)).toBe(true);
      expect(new Set(await contentsAt({ top_k: 0 })).size).toBe(4);
    },
  );

  it("writes the messages of requests that overlap together", async () => {
    await using counted = await openChatModel({ directory, maximumSequences: 8, threads: 1 });
    let running = 0;
    let most = 0;
    const counting: ChatModel = {
      ...counted,
      write: async (request) => {
        most = Math.max(most, ++running);
        try {
          return await counted.write(request);
        } finally {
          running--;
        }
      },
    };
    await using other = await startServer(counting, { port: 0 });
    const elsewhere = new OpenAI({ baseURL: other.baseUrl, apiKey: "-", maxRetries: 0 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => elsewhere.chat.completions.create(asked())),
    );
    for (const { choices } of answers) expect(choices[0]?.message.content).toBe(lampAnswer);
    expect(most).toBeGreaterThan(1);
  });

  it("gives our chat policy the message that the embedded policy writes", async () => {
    await using embedded = await createEmbeddedPolicy({ directory, threads: 1 });
    await using remote = chatPolicy({ baseUrl: server.baseUrl, model: "student", retries: 0 });
    for (const messages of [lampQuestion, thanks]) {
      const request = { messages, seed: 1, turn: 0, temperature: 0 };
      const { message, generatedTokens } = await embedded.act(request);
      expect(message).toContain("Action:");
      expect(await remote.act(request)).toMatchObject({ message, generatedTokens });
    }
    const long: Message[] = [{ role: "user", content: "x".repeat(1000) }];
    const overflow = { messages: long, seed: 1, turn: 0, temperature: 0 };
    expect(await remote.act(overflow)).toMatchObject({ stop: "context-overflow" });
  });
});

describe("a request that cannot be answered", () => {
  const refusal = async (body: Record<string, unknown>): Promise<APIError> => {
    try {
      await client.post("/chat/completions", { body });
    } catch (error) {
      if (error instanceof APIError) return error;
      throw error;
    }
    throw new Error("expected a refusal");
  };

  it.each([
    ["messages", { messages: [] }],
    ["messages", { messages: undefined }],
    ["model", { model: undefined }],
    ["temperature", { temperature: -1 }],
    ["max_tokens", { max_tokens: 0 }],
    ["n", { n: 100 }],
    ["seed", { seed: 1.5 }],
    ["stop", { stop: 5 }],
    ["stop[0]", { stop: [""] }],
    ["stream", { stream: "yes" }],
    ["top_logprobs", { top_logprobs: 2 }],
    ["top_logprobs", { logprobs: true, top_logprobs: 21 }],
    ["top_p", { top_p: 1.5 }],
    ["top_k", { top_k: -2 }],
    ["min_p", { min_p: -0.1 }],
    ["presence_penalty", { presence_penalty: 0.5 }],
    ["logit_bias", { logit_bias: { 5: 1 } }],
    ["tools", { tools: [{ type: "function" }] }],
    ["tool_choice", { tool_choice: "required" }],
    ["tool_choice", { tool_choice: { type: "function", function: { name: "search" } } }],
    ["functions", { functions: [{ name: "search" }] }],
    ["function_call", { function_call: { name: "search" } }],
    ["response_format.type", { response_format: { type: "json_object" } }],
    ["response_format.type", { response_format: { type: "json_schema", json_schema: { name: "a" } } }],
    ["modalities[1]", { modalities: ["text", "audio"] }],
    ["audio", { audio: { voice: "alloy", format: "mp3" } }],
    ["reasoning_effort", { reasoning_effort: "high" }],
    ["web_search_options", { web_search_options: {} }],
    ["ignore_eos", { ignore_eos: true }],
    ["min_tokens", { min_tokens: 5 }],
    ["stop_token_ids", { stop_token_ids: [2] }],
    ["guided_json", { guided_json: { type: "object" } }],
    ["guided_choice", { guided_choice: ["a", "b"] }],
    ["structured_outputs", { structured_outputs: { regex: "a" } }],
    ["chat_template_kwargs", { chat_template_kwargs: { enable_thinking: false } }],
    ["temprature", { temprature: 0 }],
  ])("is refused with the name of its field: %s", async (parameter, wrong) => {
    const error = await refusal({ ...asked(), ...wrong });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe(parameter);
    expect(error.type).toBe("invalid_request_error");
    expect(error.message).toContain(parameter);
  });

  const part = { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } };
  const call = { id: "call1", type: "function", function: { name: "search", arguments: "{}" } };
  it.each([
    ["messages[1].role", { role: "tool", tool_call_id: "call1", content: "A lamp." }],
    ["messages[1].role", { role: "function", name: "search", content: "A lamp." }],
    ["messages[1].tool_calls", { role: "assistant", content: null, tool_calls: [call] }],
    ["messages[1].tool_calls", { role: "assistant", content: "I look.", tool_calls: [call] }],
    ["messages[1].function_call", { role: "assistant", content: null, function_call: call.function }],
    ["messages[1].refusal", { role: "assistant", content: null, refusal: "No." }],
    ["messages[1].prefix", { role: "assistant", content: "Thought:", prefix: true }],
    ["messages[1].content", { role: "assistant", content: null }],
    ["messages[1].content", { role: "user" }],
    ["messages[1].content[1].type", { role: "user", content: [{ type: "text", text: "See:" }, part] }],
    ["messages[1].content[0].text", { role: "user", content: [{ type: "text" }] }],
  ])("is refused with the place of a message that no model here can read: %s", async (parameter, message) => {
    const error = await refusal({
      ...asked(),
      messages: [{ role: "user", content: "Find a lamp" }, message],
    });
    expect(error).toMatchObject({ status: 400, param: parameter, type: "invalid_request_error" });
    expect(error.message).toContain(parameter);
  });

  it("says so where the model is another, or the messages are too long, also before a stream", async () => {
    for (const stream of [false, true]) {
      const unknown = await refusal({ ...asked(), model: "gpt-4", stream });
      expect(unknown).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
      const messages = [{ role: "user", content: "x".repeat(2000) }];
      const long = await refusal({ ...asked(), messages, stream });
      expect(long).toMatchObject({ status: 400, code: "context_length_exceeded", param: "messages" });
    }
  });

  it("gets an error in OpenAI's form for everything else as well", async () => {
    const errorOf = async (response: Response) => ({ status: response.status, body: await response.json() });
    const form = (status: number, code: string | null = null) => ({
      status,
      body: { error: { message: expect.any(String), type: "invalid_request_error", param: null, code } },
    });
    expect(await errorOf(await post("{"))).toEqual(form(400, "invalid_json"));
    expect(await errorOf(await post("[]"))).toEqual(form(400));
    const plain = await post("{}", { "content-type": "text/plain" });
    expect(await errorOf(plain)).toEqual(form(415, "unsupported_media_type"));
    expect(await errorOf(await fetch(`${server.baseUrl}/chat/completions`))).toEqual(form(405));
    expect(await errorOf(await fetch(`${server.baseUrl}/embeddings`))).toEqual(form(404));
  });

  it("is not read to its end where it is too long, whether or not it tells its length", async () => {
    const megabyte = "x".repeat(2 ** 20);
    expect((await post(JSON.stringify({ text: megabyte }))).status).toBe(413);
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(megabyte)),
    });
    const endless = await post(chunks).then(
      ({ status }) => status,
      () => 413,
    );
    expect(endless).toBe(413);
    const short = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode(JSON.stringify({ ...asked(), max_tokens: 1 })));
        controller.close();
      },
    });
    expect((await post(short)).status).toBe(200);
  });

  it("is refused under a name that is not this machine's", async () => {
    const { request } = await import("node:http");
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        const url = new URL("/health", server.baseUrl);
        request(url, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
    expect(await status("attacker.example:8000")).toBe(403);
    expect(await status("localhost:8000")).toBe(200);
    expect(await status("[::1]:8000")).toBe(200);
  });
});

describe("the server's life", () => {
  /** A model whose messages take as long as the test wants. */
  const slowModel = (
    written: { aborted: number; begun: number },
    release: Promise<void>,
    slowed = model,
  ): ChatModel => ({
    ...slowed,
    write: async (request) => {
      written.begun++;
      request.signal?.addEventListener("abort", () => written.aborted++);
      await release;
      return await slowed.write(request);
    },
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it.each([false, true])("a request whose client goes away is aborted (stream: %s)", async (stream) => {
    const written = { aborted: 0, begun: 0 };
    const { promise, resolve } = Promise.withResolvers<void>();
    await using other = await startServer(slowModel(written, promise), { port: 0 });
    const elsewhere = new OpenAI({ baseURL: other.baseUrl, apiKey: "-", maxRetries: 0 });
    const controller = new AbortController();
    const answer = elsewhere.chat.completions.create({ ...asked(), stream }, { signal: controller.signal });
    const settled = answer.catch(() => undefined);
    await until(() => written.begun === 1);
    controller.abort();
    await settled;
    await until(() => written.aborted === 1);
    resolve();
  });

  /** A connection on which the beginning of a request is sent, and what the server answers there. */
  const beginRequest = async (to: ChatServer, body: string) => {
    const socket = connect(Number(new URL(to.baseUrl).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${body}`,
    );
    return socket;
  };

  it.each([
    ["Content-Length: 1000\r\n\r\n0123456789"],
    ["Content-Length: 1000\r\n\r\n"],
    ["Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n"],
    ["Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\nno length\r\n"],
  ])("a client that goes away while it asks is no failure (%j)", async (body) => {
    const seen: unknown[] = [];
    const server = await startServer(model, { port: 0, onFailure: (error) => seen.push(error) });
    for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
      const socket = await beginRequest(server, body);
      // Once the server has answered this, it has begun to read the request before it.
      expect((await fetch(new URL("/health", server.baseUrl))).status).toBe(200);
      socket[leave]();
    }
    expect((await fetch(new URL("/health", server.baseUrl))).status).toBe(200);
    // When it is closed, every connection has come to its end.
    await server.close(60_000);
    expect(seen).toEqual([]);
  });

  it("a request that comes too slowly is broken off, which is no failure", async () => {
    const seen: unknown[] = [];
    await using other = await startServer(model, {
      port: 0,
      requestMilliseconds: 100,
      onFailure: (error) => seen.push(error),
    });
    const socket = await beginRequest(other, "Content-Length: 1000\r\n\r\n{");
    const drip = setInterval(() => socket.write(" "), 10);
    // The server may close the connection while a byte is on its way.
    socket.on("error", () => {});
    socket.once("close", () => clearInterval(drip));
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect((await fetch(new URL("/health", other.baseUrl))).status).toBe(200);
    expect(seen).toEqual([]);
  });

  it("closing it waits for what is being answered, and takes nothing more", async () => {
    const written = { aborted: 0, begun: 0 };
    const { promise, resolve } = Promise.withResolvers<void>();
    const other = await startServer(slowModel(written, promise), { port: 0 });
    const elsewhere = new OpenAI({ baseURL: other.baseUrl, apiKey: "-", maxRetries: 0 });
    const answers = [
      elsewhere.chat.completions.create(asked()),
      elsewhere.chat.completions.stream(asked()).finalChatCompletion(),
    ];
    await until(() => written.begun === 2);
    const closed = other.close(60_000);
    await expect(fetch(`${other.baseUrl}/models`)).rejects.toThrow();
    resolve();
    for (const answer of answers) {
      expect((await answer).choices[0]?.message.content).toBe(lampAnswer);
    }
    await closed;
    expect(written.aborted).toBe(0);
  });

  it("closing it breaks off what takes longer than the given time", async () => {
    const written = { aborted: 0, begun: 0 };
    const other = await startServer(slowModel(written, new Promise(() => {})), { port: 0 });
    const elsewhere = new OpenAI({ baseURL: other.baseUrl, apiKey: "-", maxRetries: 0 });
    const broken = expect(elsewhere.chat.completions.create(asked())).rejects.toThrow();
    await until(() => written.begun === 1);
    await other.close(0);
    await broken;
    await until(() => written.aborted === 1);
  });

  it("refuses more messages than it can hold, and has room again when they are written", async () => {
    const written = { aborted: 0, begun: 0 };
    const { promise, resolve } = Promise.withResolvers<void>();
    const quick: ChatModel = {
      ...model,
      write: (request) => model.write({ ...request, maximumNewTokens: 1 }),
    };
    await using other = await startServer(slowModel(written, promise, quick), { port: 0 });
    const elsewhere = new OpenAI({ baseURL: other.baseUrl, apiKey: "-", maxRetries: 0 });
    const answers = Array.from({ length: 64 }, () =>
      elsewhere.chat.completions.create({ ...asked(), n: 16 }),
    );
    await until(() => written.begun === 1024);
    await expect(elsewhere.chat.completions.create(asked())).rejects.toMatchObject({
      status: 503,
      code: "overloaded",
    });
    resolve();
    for (const { choices } of await Promise.all(answers)) expect(choices).toHaveLength(16);
    expect((await elsewhere.chat.completions.create(asked())).choices).toHaveLength(1);
  });

  it("a failure of the model is the client's to see and the server's to explain", async () => {
    const broken: ChatModel = { ...model, write: () => Promise.reject(new Error("out of memory")) };
    const seen: unknown[] = [];
    await using other = await startServer(broken, { port: 0, onFailure: (error) => seen.push(error) });
    const elsewhere = new OpenAI({ baseURL: other.baseUrl, apiKey: "-", maxRetries: 0 });
    await expect(elsewhere.chat.completions.create(asked())).rejects.toMatchObject({
      status: 500,
      type: "server_error",
    });
    const stream = await elsewhere.chat.completions.create({ ...asked(), stream: true });
    const readAll = async () => {
      for await (const _ of stream);
    };
    await expect(readAll()).rejects.toThrow("failed to answer");
    expect(seen.map(String)).toEqual(["Error: out of memory", "Error: out of memory"]);
  });

  it("does not begin at an address in use or without a checkpoint, and says why", async () => {
    const port = Number(new URL(server.baseUrl).port);
    await expect(startServer(model, { port })).rejects.toThrow(ConfigurationError);
    await expect(openChatModel({ directory: folder })).rejects.toThrow(InvalidFileError);
  });

  it("had no failure in all of this", () => expect(failures).toEqual([]));
});
