import { afterAll, describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.ts";
import type { Checkpoint } from "../model/checkpoint/checkpoint.ts";
import { initialParameters } from "../model/llama/llama.ts";
import { tinyConfiguration } from "../model/llama/tiny-configuration.test-helpers.ts";
import { ChatTemplateError } from "../model/tokenizer/chat-template.ts";
import { createTokenizer } from "../model/tokenizer/tokenizer.ts";
import { trainTokenizer } from "../model/tokenizer/train.ts";
import { countingEnvironment, countingTask } from "../rollout/counting-world.test-helpers.ts";
import { rollout } from "../rollout/rollout.ts";
import type { Message } from "../trajectory.ts";
import { createEmbeddedPolicy, type EmbeddedPolicyOptions } from "./embedded.ts";
import { parseMessage } from "./message-format.ts";
import type { ActRequest } from "./policy.ts";

const tokenizer = createTokenizer(trainTokenizer([], { vocabularySize: 400 }));
const configuration = tinyConfiguration(tokenizer.vocabularySize, 200);
const checkpoint: Checkpoint = {
  configuration,
  parameters: initialParameters(configuration, 3),
  tokenizer,
  version: "abc",
};
const policies: AsyncDisposable[] = [];
afterAll(async () => {
  for (const policy of policies) await policy[Symbol.asyncDispose]();
});

async function open(options: EmbeddedPolicyOptions = {}) {
  const policy = await createEmbeddedPolicy({ checkpoint, maximumNewTokens: 20, threads: 1, ...options });
  policies.push(policy);
  return policy;
}

const messages: Message[] = [
  { role: "system", content: "Shop." },
  { role: "user", content: "Find a lamp" },
];
const request = (overrides: Partial<ActRequest> = {}): ActRequest => ({
  messages,
  seed: 1,
  turn: 0,
  temperature: 1,
  ...overrides,
});
const tokensOf = (list: readonly Message[]) =>
  tokenizer.encodeChat(list, { addGenerationPrompt: true }).ids.length;

describe("the embedded policy", () => {
  it("answers by the request alone, whatever else it is asked", async () => {
    const policy = await open();
    const requests = Array.from({ length: 8 }, (_, index) => request({ seed: index % 3, turn: index }));
    const together = await Promise.all(requests.map((each) => policy.act(each)));
    const another = await open({ maximumSequences: 1 });
    for (const [index, each] of requests.entries()) {
      const { message, logProbability } = await another.act(each);
      expect({ message, logProbability }).toEqual({
        message: together[index]?.message,
        logProbability: together[index]?.logProbability,
      });
    }
    expect(new Set(together.map(({ message }) => message)).size).toBe(8);
  });

  it("counts each token of the transcript once per episode", async () => {
    const policy = await open();
    const first = await policy.act(request());
    expect(first.promptTokens).toBe(tokensOf(messages));
    expect(first.generatedTokens).toBeGreaterThan(0);
    const added: Message[] = [
      { role: "assistant", content: first.message },
      { role: "user", content: "Page 1" },
    ];
    const second = await policy.act(request({ messages: [...messages, ...added], turn: 1 }));
    expect(second.promptTokens).toBe(tokensOf(added.slice(1)));
    // A simulation from an expert's state begins with a transcript that is all new to the policy.
    const simulation = await policy.act(request({ messages: [...messages, ...added], turn: 1, seed: 2 }));
    expect(simulation.promptTokens).toBe(tokensOf([...messages, ...added]));
  });

  it("stops when the transcript leaves no room for a message", async () => {
    const long: Message[] = [...messages, { role: "user", content: "x".repeat(400) }];
    const answer = await (await open()).act(request({ messages: long }));
    expect(answer).toMatchObject({ stop: "context-overflow", generatedTokens: 0 });
  });

  it("stops when the message does not end before the context does", async () => {
    const policy = await open({ contextLength: tokensOf(messages) + 3 });
    const answers = await Promise.all([1, 2, 3, 4].map((seed) => policy.act(request({ seed }))));
    expect(answers.some(({ stop }) => stop === "context-overflow")).toBe(true);
    for (const { generatedTokens } of answers) expect(generatedTokens).toBeLessThanOrEqual(3);
  });

  it("writes only admissible actions if it is restricted to them", async () => {
    const admissibleActions = ["click[Buy Now]", "search[lamp]"];
    const policy = await open({ restrictToAdmissible: true, maximumNewTokens: 120 });
    const begun: Message[] = [{ role: "system", content: "Shop." }];
    for (let seed = 0; seed < 5; seed++) {
      const { message } = await policy.act(request({ seed, messages: begun, admissibleActions }));
      // An untrained model hardly ever writes `Action:`; where it does, the action is one of the two.
      if (/^Action:/m.test(message)) expect(admissibleActions).toContain(parseMessage(message).action);
    }
  });

  it("has the checkpoint's version, and another one where settings change what it does", async () => {
    const versions = await Promise.all(
      [
        { maximumNewTokens: 128 },
        { maximumNewTokens: 20 },
        { contextLength: 100 },
        { restrictToAdmissible: true },
      ].map(async (options) => (await open(options)).version),
    );
    expect(versions[0]).toBe("abc");
    expect(new Set(versions).size).toBe(4);
  });

  it("refuses a context longer than the model's positions", async () => {
    await expect(open({ contextLength: 201 })).rejects.toThrow(ConfigurationError);
  });

  it("fails for good where the model's chat template refuses a transcript", async () => {
    const refusing = {
      ...tokenizer,
      encodeChat: () => {
        throw new ChatTemplateError("the chat template refuses the messages: no system", {
          hint: "Another.",
        });
      },
    };
    const policy = await createEmbeddedPolicy({ checkpoint: { ...checkpoint, tokenizer: refusing } });
    policies.push(policy);
    const trajectory = await rollout(
      {
        id: "episode",
        kind: "simulation",
        task: countingTask("t", 1),
        seed: 1,
        temperature: 1,
        maximumSteps: 3,
      },
      { environment: countingEnvironment(), policy },
    );
    expect(trajectory).toMatchObject({
      stopReason: "policy-error",
      error: { permanent: true, message: "the chat template refuses the messages: no system" },
    });
  });
});
