import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.ts";
import {
  failure,
  key,
  keyVariable,
  messages,
  policyFor,
  reply,
  request,
  useKey,
} from "./chat/chat-policy.test-helpers.ts";
import { PolicyError } from "./chat/policy-error.ts";
import { type Answer, completion, json, reset, startTestServer, text } from "./chat/server.test-helpers.ts";
import { type ChatPolicyOptions, chatPolicy } from "./chat.ts";

useKey();

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
