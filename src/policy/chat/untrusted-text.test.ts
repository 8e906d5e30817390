import { expect, test } from "vitest";
import { type ChatPolicyOptions, chatPolicy } from "../chat.ts";
import { type Answer, json, startTestServer, text } from "./server.test-helpers.ts";

/** The message of the error with which one turn ends. */
async function problemWith(answer: Answer, more: Partial<ChatPolicyOptions>): Promise<string> {
  await using server = await startTestServer(answer);
  await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "m", retries: 0, ...more });
  return await policy
    .act({ messages: [{ role: "user", content: "Go." }], seed: 1, turn: 0, temperature: 0 })
    .then(
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

test.each([
  ["a refusal", { message: { content: null, refusal: `No.\n\u001b[2Jcleared ${"x".repeat(5000)}` } }],
  ["a reason to finish", { message: { content: null }, finish_reason: `\u001b[2J ${"x".repeat(5000)}` }],
])("%s is shown in one line, without control characters, and bounded", async (_, choice) => {
  const problem = await problemWith(json(200, { choices: [choice] }), {});
  expect(problem).toContain("xxx");
  expect(problem).not.toMatch(/\p{Cc}/u);
  expect(problem.length).toBeLessThan(700);
});
