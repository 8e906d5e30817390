import { expect, test } from "vitest";
import { z } from "zod";
import { countingEnvironment, countingTask, policyOf } from "../../rollout/counting-world.test-helpers.ts";
import type { RolloutRequest } from "../../rollout/executor.ts";
import { localExecutor } from "../../rollout/local.ts";
import type { Trajectory } from "../../trajectory.ts";
import { type ChatPolicyOptions, chatPolicy } from "../chat.ts";
import type { Policy } from "../policy.ts";
import { createChatAct } from "./chat-act.ts";
import type { ChatModel } from "./chat-model.ts";
import { countingModel, countingReply, faultKinds, withFaults } from "./counting-model.test-helpers.ts";
import { type Answer, json, startTestServer } from "./server.test-helpers.ts";
import { chatSettings, parseChatOptions } from "./settings.ts";
import { createTraffic } from "./traffic.ts";

function episodes(count: number): RolloutRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const task = countingTask(`task ${index}`, index % 8);
    return {
      id: `episode ${index}`,
      kind: "simulation",
      task,
      seed: index,
      temperature: 1,
      maximumSteps: 20,
    };
  });
}

async function playAll(requests: readonly RolloutRequest[], policy: Policy): Promise<Trajectory[]> {
  const trajectories: Trajectory[] = [];
  const environment = countingEnvironment();
  for await (const trajectory of localExecutor({ concurrency: 64 }).run(requests, { environment, policy })) {
    trajectories.push(trajectory);
  }
  return trajectories;
}

/** Episodes with a server, and how many requests that saw. */
async function play(count: number, answer: Answer, more: Partial<ChatPolicyOptions> = {}) {
  await using server = await startTestServer(answer);
  await using policy = chatPolicy({
    baseUrl: server.baseUrl,
    model: "counter",
    actions: "tools",
    backoffSeconds: 0.001,
    ...more,
  });
  return { trajectories: await playAll(episodes(count), policy), requests: server.requests.length };
}

/** The same episodes with the same model and no network. */
async function playWithoutServer(count: number): Promise<Trajectory[]> {
  const model: ChatModel = {
    address: "nowhere",
    complete: async ({ messages, seed }) => countingReply(messages, seed),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const settings = parseChatOptions(z.strictObject(chatSettings), { actions: "tools" });
  const traffic = createTraffic("test", settings);
  const policy = {
    ...policyOf(() => ""),
    ...createChatAct({ modelName: "counter", model, settings, traffic }),
  };
  return await playAll(episodes(count), policy);
}

/** In order, without the time that each took and the policy's version, which names the server's address. */
function comparable(trajectories: readonly Trajectory[]) {
  return trajectories
    .map(({ policy: _, ...trajectory }) => ({ ...trajectory, usage: { ...trajectory.usage, seconds: 0 } }))
    .toSorted((left, right) => left.seed - right.seed);
}

test("a thousand faults lose no episode, double none, and change no result", {
  timeout: 240_000,
}, async () => {
  const count = 110;
  const faulty = withFaults(countingModel, { seed: 1, probability: 0.75, most: 5 });
  const { trajectories } = await play(count, faulty.answer, { timeoutSeconds: 1, retries: 30 });

  const injected = [...faulty.counts.values()].reduce((sum, each) => sum + each, 0);
  expect(injected).toBeGreaterThanOrEqual(1000);
  expect([...faulty.counts.keys()].toSorted()).toEqual(faultKinds.toSorted());

  expect(trajectories.map(({ id }) => id).toSorted()).toEqual(
    episodes(count)
      .map(({ id }) => id)
      .toSorted(),
  );
  expect(comparable(trajectories)).toEqual(comparable(await playWithoutServer(count)));
  expect(trajectories.every(({ reward, stopReason }) => reward === 1 && stopReason === "done")).toBe(true);

  const problems = trajectories.flatMap(({ steps }) =>
    steps.flatMap(({ toolCall }) => toolCall?.problem ?? []),
  );
  expect(new Set(problems)).toEqual(new Set(["unknown-tool", "invalid-arguments"]));
});

test("a server that stays broken leaves every episode with its typed error", async () => {
  const broken = json(500, { error: { message: "out of memory" } });
  const { trajectories } = await play(30, broken, { retries: 1 });
  expect(trajectories).toHaveLength(30);
  for (const trajectory of trajectories) {
    expect(trajectory).toMatchObject({
      stopReason: "policy-error",
      steps: [],
      error: { name: "ChatServerError", message: expect.stringContaining("out of memory") },
    });
  }
});

test("no more requests are in flight than allowed, and no more are sent than the budget has", async () => {
  let inFlight = 0;
  let most = 0;
  const all = Promise.withResolvers<void>();
  const watched: Answer = async (request, response) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    // The first are held back until as many are there as may be.
    if (most === 7) all.resolve();
    await all.promise;
    setTimeout(() => {
      inFlight -= 1;
      countingModel(request, response);
    }, 2);
  };
  const { trajectories, requests } = await play(60, watched, { concurrency: 7, budget: { requests: 100 } });
  expect(most).toBe(7);
  expect(requests).toBe(100);
  const failed = trajectories.filter(({ stopReason }) => stopReason === "policy-error");
  expect(failed.length).toBeGreaterThan(0);
  for (const { error } of failed) expect(error).toMatchObject({ name: "ChatBudgetError", permanent: true });
});

test("the budget of retries holds for all episodes together", async () => {
  expect((await play(30, json(503, {}), { budget: { retries: 9 } })).requests).toBe(30 + 9);
});

test("a budget of tokens holds though a request takes four times what was guessed, and zeros are not free", async () => {
  const counted =
    (usage: object): Answer =>
    (_, response) => {
      const message = { content: "Action: add 1" };
      const body = { choices: [{ message, finish_reason: "stop" }], usage };
      setTimeout(() => response.end(JSON.stringify(body)), 5);
    };
  await using server = await startTestServer(counted({ prompt_tokens: 1000, completion_tokens: 200 }));
  const budget = { tokens: 6000 };
  const settings = { model: "m", budget, maximumTokens: 200 };
  await using policy = chatPolicy({ baseUrl: server.baseUrl, ...settings });
  const asked = (one: Policy) => (seed: number) =>
    one.act({ messages: [{ role: "user", content: "o".repeat(400) }], seed, turn: 0, temperature: 1 }).then(
      () => "answered",
      (error: unknown) => (error instanceof Error ? error.name : "?"),
    );
  const outcomes = await Promise.all([...Array(20).keys()].map(asked(policy)));
  expect(outcomes.filter((outcome) => outcome === "answered")).toHaveLength(5);
  expect(new Set(outcomes)).toEqual(new Set(["answered", "ChatBudgetError"]));
  expect(policy.usage?.read()).toEqual({ requests: 5, retries: 0, tokens: 6000 });

  await using free = await startTestServer(counted({ prompt_tokens: 0, completion_tokens: 0 }));
  await using uncounted = chatPolicy({ baseUrl: free.baseUrl, ...settings });
  await Promise.all([...Array(60).keys()].map(asked(uncounted)));
  // 100 tokens are guessed of the prompt, and 200 may be written.
  expect(free.requests).toHaveLength(20);
});

test("a new policy goes on with the budget where the one before it has stopped", async () => {
  await using server = await startTestServer(countingModel);
  const open = () =>
    chatPolicy({ baseUrl: server.baseUrl, model: "counter", actions: "tools", budget: { requests: 15 } });
  await using first = open();
  await playAll(episodes(10), first);
  expect(server.requests).toHaveLength(15);
  await using second = open();
  expect(second.usage?.name).toBe(first.usage?.name);
  second.usage?.restore(first.usage?.read() ?? { requests: 0, retries: 0, tokens: 0 });
  await playAll(episodes(10), second);
  expect(server.requests).toHaveLength(15);
});
