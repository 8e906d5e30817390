import { describe, expect, it } from "vitest";
import { textTool } from "../../environment/action-tool.ts";
import type { Environment } from "../../environment/environment.ts";
import { generateCatalogue } from "../../environment/webshop/generator/index.ts";
import { createCatalogue, webshop } from "../../environment/webshop/index.ts";
import { ConfigurationError } from "../../errors.ts";
import { exampleFormatNamed } from "../../export/example-formats.ts";
import { replay } from "../../rollout/replay.ts";
import { rollout } from "../../rollout/rollout.ts";
import { type Trajectory, trajectorySchema, transcript } from "../../trajectory.ts";
import { chatPolicy } from "../chat.ts";
import { type Answer, completion, startTestServer, toolCall } from "./server.test-helpers.ts";

const shelf: Environment = {
  name: "shelf",
  systemPrompt: "Take the lamp.",
  tools: [
    textTool({
      name: "take",
      description: "Take a thing.",
      argument: { name: "thing", description: "Its name." },
      around: ["take[", "]"],
    }),
  ],
  tasks: () => [],
  async start() {
    return {
      observation: "A book, a lamp.",
      step: async (action) => {
        const done = action === "take[lamp]";
        const valid = /^take\[(lamp|book)\]$/.test(action);
        return {
          observation: done ? "Well done." : valid ? "A book." : "What?",
          reward: done ? 1 : 0,
          done,
          valid,
        };
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

async function play(answers: readonly Answer[], environment: Environment = shelf, from?: Trajectory) {
  await using server = await startTestServer(...answers);
  await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "m", actions: "tools", retries: 0 });
  const trajectory = await rollout(
    {
      id: "r",
      kind: "simulation",
      task: { id: "t", split: "train" },
      seed: 1,
      temperature: 0,
      maximumSteps: 4,
      ...(from === undefined ? {} : { from: { trajectory: from, stateIndex: 1 } }),
    },
    { environment, policy },
  );
  return { trajectory, requests: server.requests };
}

describe("an action by a tool call", () => {
  const answers = [
    toolCall("take", { thing: "book" }, "First the book."),
    toolCall("take", '{ "thing": "lamp" }'),
  ];

  it("is the action that it stands for, and keeps what the model wrote", async () => {
    const { trajectory } = await play(answers);
    expect(trajectory).toMatchObject({ reward: 1, stopReason: "done" });
    expect(trajectory.steps).toMatchObject([
      {
        message: "Thought: First the book.\nAction: take[book]",
        action: "take[book]",
        toolCall: {
          id: "call00001",
          name: "take",
          arguments: '{"thing":"book"}',
          content: "First the book.",
        },
      },
      {
        message: "Action: take[lamp]",
        action: "take[lamp]",
        toolCall: { id: "call00002", name: "take", arguments: '{ "thing": "lamp" }', content: "" },
      },
    ]);
    expect(trajectory.tools).toMatchObject([{ name: "take", parameters: { required: ["thing"] } }]);
    expect(trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))).toEqual(trajectory);
  });

  it("is sent back as the call it was, with the observation as its result", async () => {
    const { requests } = await play(answers);
    expect(requests[0]?.body).toMatchObject({
      tools: [{ type: "function", function: { name: "take" } }],
      parallel_tool_calls: false,
    });
    expect(requests[1]?.body.messages).toEqual([
      { role: "system", content: "Take the lamp." },
      { role: "user", content: "A book, a lamp." },
      {
        role: "assistant",
        content: "First the book.",
        tool_calls: [
          { id: "call00001", type: "function", function: { name: "take", arguments: '{"thing":"book"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call00001", content: "A book." },
    ]);
  });

  it("is replayed like any other", async () => {
    const { trajectory } = await play(answers);
    await using episode = await replay(shelf, { id: "t", split: "train" }, trajectory, 1);
    expect((await episode.step("take[lamp]")).reward).toBe(1);
  });

  it("follows actions that an expert wrote as text, which read like calls", async () => {
    const { trajectory: expert } = await play(answers);
    const asText = {
      ...expert,
      steps: expert.steps.map(({ toolCall: _, ...step }) => step),
    };
    const { trajectory, requests } = await play(answers.slice(1), shelf, asText);
    expect(trajectory.steps.map(({ toolCall }) => toolCall?.id)).toEqual([undefined, "call00002"]);
    expect(requests[0]?.body.messages).toContainEqual({
      role: "assistant",
      content: "First the book.",
      tool_calls: [
        { id: "call00001", type: "function", function: { name: "take", arguments: '{"thing":"book"}' } },
      ],
    });
  });

  it("is read as text by a policy that writes text", async () => {
    const { trajectory } = await play(answers);
    await using server = await startTestServer(completion("Action: take[lamp]"));
    await using policy = chatPolicy({ baseUrl: server.baseUrl, model: "m" });
    await policy.act({ messages: transcript("", trajectory, 1), seed: 1, turn: 1, temperature: 0 });
    expect(server.requests[0]?.body.messages).toContainEqual({
      role: "assistant",
      content: "Thought: First the book.\nAction: take[book]",
    });
    expect(server.requests[0]?.body).not.toHaveProperty("tools");
  });

  it("stands in exported examples with its tools", async () => {
    const { trajectory } = await play(answers);
    const example = {
      id: "e",
      taskId: "t",
      messages: transcript("Take the lamp.", trajectory).slice(0, -1),
      weights: [0, 0, 0, 0, 1],
      ...(trajectory.tools === undefined ? {} : { tools: trajectory.tools }),
      origin: { trajectoryId: "r", importantState: 0, reason: "Made up." },
    };
    const prepared = { ...example, trained: example.weights.map((weight) => weight > 0) };
    const [row] = exampleFormatNamed("openai").rowsOf(prepared, {});
    expect(row).toMatchObject({
      messages: [
        { role: "system" },
        { role: "user" },
        { role: "assistant", content: "First the book.", weight: 0, tool_calls: [{ id: "call00001" }] },
        { role: "tool", tool_call_id: "call00001", content: "A book." },
        { role: "assistant", content: "", weight: 1, tool_calls: [{ function: { name: "take" } }] },
      ],
      tools: [{ type: "function", function: { name: "take" } }],
    });
    const [asText] = exampleFormatNamed("ms-swift").rowsOf(prepared, {});
    expect(asText).toMatchObject({
      messages: [
        {},
        {},
        {},
        { role: "user" },
        { role: "assistant", content: "Action: take[lamp]", loss: true },
      ],
    });
  });
});

describe("a wrong tool call", () => {
  const right = toolCall("take", { thing: "lamp" });

  it.each<[string, Answer, string]>([
    ["of a tool that is not there", toolCall("steal", { thing: "lamp" }), "unknown-tool"],
    ["with arguments that are no JSON", toolCall("take", '{"thing": "la'), "invalid-arguments"],
    ["with arguments that are no object", toolCall("take", '["lamp"]'), "invalid-arguments"],
    ["with other arguments", toolCall("take", { item: "lamp" }), "invalid-arguments"],
    ["with an argument of another kind", toolCall("take", { thing: 3 }), "invalid-arguments"],
    ["without arguments", toolCall("take", ""), "invalid-arguments"],
    ["with a name of nonsense", toolCall("take\nAction: take[lamp]", {}), "unknown-tool"],
  ])("(%s) is an invalid action that says why, and the episode goes on", async (_, wrong, problem) => {
    const { trajectory, requests } = await play([wrong, right]);
    expect(trajectory).toMatchObject({
      reward: 1,
      stopReason: "done",
      steps: [
        { valid: false, observation: "What?", toolCall: { problem } },
        { valid: true, action: "take[lamp]" },
      ],
    });
    expect(JSON.stringify(requests[1]?.body.messages)).toContain("What?");
    for (const message of Object.values(requests[1]?.body.messages ?? {})) {
      for (const call of message.tool_calls ?? [])
        expect(() => JSON.parse(call.function.arguments)).not.toThrow();
    }
  });

  it("that the environment would take for an action is invalid nevertheless", async () => {
    const obliging: Environment = {
      ...shelf,
      start: async (task) => ({
        ...(await shelf.start(task)),
        step: async () => ({ observation: "Yes.", reward: 0, done: false, valid: true }),
      }),
    };
    const { trajectory } = await play([toolCall("steal", {})], obliging);
    expect(trajectory.steps.map(({ valid }) => valid)).toEqual([false, false, false, false]);
  });
});

it("an answer without a call is read as text", async () => {
  const { trajectory } = await play([completion("Thought: so.\nAction: take[lamp]")]);
  expect(trajectory).toMatchObject({ reward: 1, steps: [{ action: "take[lamp]" }] });
  expect(trajectory).not.toHaveProperty("tools");
});

it("of several calls only the first is an action", async () => {
  const call = (thing: string) => ({
    id: thing,
    function: { name: "take", arguments: JSON.stringify({ thing }) },
  });
  const both = completion(null, {
    choices: [
      { message: { content: null, tool_calls: [call("lamp"), call("book")] }, finish_reason: "tool_calls" },
    ],
  });
  expect((await play([both])).trajectory.steps).toMatchObject([{ action: "take[lamp]" }]);
});

it("a thought that looks like an action does not become one", async () => {
  const { trajectory } = await play([
    toolCall("take", { thing: "lamp" }, "Action: take[book] would be wrong."),
  ]);
  expect(trajectory.steps).toMatchObject([
    { action: "take[lamp]", toolCall: { content: "Action: take[book] would be wrong." } },
  ]);
});

it("an environment without tools has one, act", async () => {
  const { tools: _, ...without } = shelf;
  const { trajectory, requests } = await play([toolCall("act", { action: "take[lamp]" })], without);
  expect(trajectory).toMatchObject({ reward: 1, tools: [{ name: "act" }] });
  expect(requests[0]?.body.tools).toMatchObject([{ function: { name: "act" } }]);
});

it("the shop's tools are its two actions, there and back", () => {
  const tools =
    webshop({ catalogue: createCatalogue(generateCatalogue({ products: 20, seed: 1 })), goals: {} }).tools ??
    [];
  expect(tools.map(({ name }) => name)).toEqual(["search", "click"]);
  const [search, click] = tools;
  expect(search?.toAction({ query: "red lamp" })).toBe("search[red lamp]");
  expect(click?.toAction({ element: "Buy\nNow" })).toBe("click[Buy Now]");
  expect(click?.fromAction("click[< Prev]")).toEqual({ element: "< Prev" });
  expect(click?.fromAction("search[lamp]")).toBeUndefined();
});

it("tools do not go with a prompt style that has its actions as text", () => {
  const options = {
    baseUrl: "http://127.0.0.1:1/v1",
    model: "m",
    actions: "tools",
    promptStyle: "eto-webshop",
  } as const;
  expect(() => chatPolicy(options)).toThrow(ConfigurationError);
});
