import { expect, test } from "vitest";
import { z } from "zod";
import type { ChatReply } from "./chat-model.ts";
import { ChatServerError } from "./chat-server-error.ts";
import { chatSettings, parseChatOptions } from "./settings.ts";
import { createTraffic } from "./traffic.ts";

const reply: ChatReply = { content: "Action: wait", toolCalls: [] };
const guess = { prompt: 1, maximumGenerated: 1 };
const refusal = (retryAfterSeconds: number) =>
  new ChatServerError("http://127.0.0.1:1", 429, "slow down", { retryAfterSeconds });

function trafficWith(more: z.input<z.ZodObject<typeof chatSettings>>) {
  return createTraffic("test", parseChatOptions(z.strictObject(chatSettings), more));
}

test("Retry-After holds for all requests, though the one that was told gives up", async () => {
  const traffic = trafficWith({ retries: 0 });
  const refused = traffic.send(guess, () => Promise.reject(refusal(60)), undefined);
  await expect(refused).rejects.toThrow(/slow down/);
  let isSent = false;
  const next = traffic.send(
    guess,
    async () => {
      isSent = true;
      return reply;
    },
    AbortSignal.timeout(100),
  );
  await expect(next).rejects.toThrow(/abort/i);
  expect(isSent).toBe(false);
});

test("a longer Retry-After than is waited for holds nobody up", async () => {
  const traffic = trafficWith({ retries: 3, maximumRetryAfterSeconds: 10 });
  let attempts = 0;
  const refused = traffic.send(
    guess,
    () => {
      attempts += 1;
      return Promise.reject(refusal(3600));
    },
    undefined,
  );
  await expect(refused).rejects.toThrow(/slow down/);
  expect(attempts).toBe(1);
  expect(await traffic.send(guess, async () => reply, undefined)).toBe(reply);
});
