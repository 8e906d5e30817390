import { describe, expect, it } from "vitest";
import type { Environment } from "../../environment/environment.ts";
import { generateCatalogue } from "../../environment/webshop/generator/index.ts";
import { createCatalogue, webshop } from "../../environment/webshop/index.ts";
import { ConfigurationError } from "../../errors.ts";
import { chatPolicy } from "../chat.ts";
import { type Answer, completion, toolCall } from "./server.test-helpers.ts";

import { play, shelf } from "./tool-world.test-helpers.ts";

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
