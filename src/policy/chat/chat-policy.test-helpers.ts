import { afterEach, beforeEach } from "vitest";
import type { Message } from "../../trajectory.ts";
import { type ChatPolicyOptions, chatPolicy } from "../chat.ts";
import type { ActRequest, Policy } from "../policy.ts";
import { type Answer, startTestServer } from "./server.test-helpers.ts";

export const keyVariable = "EEF_TEST_CHAT_KEY";
export const key = "sk-test-4f9a77c2e1";
export const reply = "Thought: B0AA no, B0BB yes.\nAction: click[B0BB]";
export const messages: Message[] = [
  { role: "system", content: "You shop." },
  { role: "user", content: "Find me a lamp." },
];

/** For the tests of a file: the key is in the environment while one runs. */
export function useKey(): void {
  beforeEach(() => {
    process.env[keyVariable] = key;
  });
  afterEach(() => {
    delete process.env[keyVariable];
  });
}

export function policyFor(baseUrl: string, more: Partial<ChatPolicyOptions> = {}): Policy {
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

export function request(more: Partial<ActRequest> = {}): ActRequest {
  return { messages, seed: 7, turn: 0, temperature: 0.5, ...more };
}

/** The error of one turn against a server that gives these answers, and how often it was asked. */
export async function failure(answers: readonly Answer[], more: Partial<ChatPolicyOptions> = {}) {
  await using server = await startTestServer(...answers);
  const error = await policyFor(server.baseUrl, more)
    .act(request())
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  return { error, attempts: server.requests.length };
}
