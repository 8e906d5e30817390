import { describe, expect, test } from "vitest";
import { type ChatPolicyOptions, chatPolicy } from "../chat.ts";
import type { ActRequest } from "../policy.ts";
import { type Answer, json, startTestServer, text } from "./server.test-helpers.ts";

const request: ActRequest = {
  messages: [{ role: "user", content: "Go." }],
  seed: 1,
  turn: 0,
  temperature: 0,
};

/** The message of the error with which one turn ends. */
async function problemWith(answer: Answer, more: Partial<ChatPolicyOptions>): Promise<string> {
  await using server = await startTestServer(answer);
  await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "m", retries: 0, ...more });
  return await policy.act(request).then(
    () => "no error",
    (error: unknown) => String(error),
  );
}

test("a key in a header is in no error, though the server repeats it without the word before it", async () => {
  const key = "sk-abcdef-123456";
  const problem = await problemWith(json(401, { error: { message: `Incorrect key: ${key}. Use Bearer.` } }), {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(problem).toContain("Incorrect key: [redacted]. Use Bearer.");
});

test("a key is in no error, not even the beginning of it, where a stream is cut short", async () => {
  const key = "sk-abcdef-123456";
  const data = `data: ${"x".repeat(190)}${key}\n\n`;
  const problem = await problemWith(text(200, data, { "content-type": "text/event-stream" }), {
    headers: { "x-key": key },
    stream: true,
  });
  expect(problem).toMatch(/expected JSON, received "x+/);
  expect(problem).not.toContain("sk-abc");
});

test("an error's text is shown in one line, without control characters, and bounded", async () => {
  const message = `No.\n\u001b[2Jcleared ${"x".repeat(5000)}`;
  const problem = await problemWith(json(200, { error: { message } }), {});
  expect(problem).toContain("xxx");
  expect(problem).not.toMatch(/\p{Cc}/u);
  expect(problem.length).toBeLessThan(700);
});

describe("a key that the server repeats", () => {
  const key = "sk-abcdef-1234567890";
  const variable = "EEF_TEST_REPEATED_KEY";
  process.env[variable] = key;
  const choice = (message: object, more: object = {}) => json(200, { choices: [{ message, ...more }] });

  test.each<[string, Answer]>([
    ["in a text", choice({ content: `Thought: ${key}\nAction: go` })],
    ["in a text that is cut off", choice({ content: `Thought: ${key}` }, { finish_reason: "length" })],
    ["in a refusal", choice({ content: null, refusal: `Bad key ${key}` })],
    ["as the reason to finish", choice({ content: "Action: go" }, { finish_reason: key })],
    ["in a call", choice({ tool_calls: [{ function: { name: key, arguments: { action: key } } }] })],
    ["in an error within the answer", json(200, { error: { message: `Bad key ${key}`, code: key } })],
    ["in a page", text(200, `<html>${key}</html>`)],
  ])("%s is nowhere in what comes of it", async (_, answer) => {
    await using server = await startTestServer(answer);
    await using policy = chatPolicy({
      baseUrl: server.baseUrl,
      model: "m",
      retries: 0,
      actions: "tools",
      apiKeyEnvironmentVariable: variable,
    });
    const outcome = await policy.act(request).catch((error: unknown) => error);
    expect(`${String(outcome)} ${JSON.stringify(outcome)}`).not.toContain(key);
  });
});
