import { describe, expect, it } from "vitest";
import { exampleFormatNamed } from "../../export/example-formats.ts";
import { replay } from "../../rollout/replay.ts";
import { trajectorySchema, transcript } from "../../trajectory.ts";
import { chatPolicy } from "../chat.ts";
import { completion, startTestServer, toolCall } from "./server.test-helpers.ts";

import { play, shelf } from "./tool-world.test-helpers.ts";

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
    const [withLoss] = exampleFormatNamed("ms-swift").rowsOf(prepared, {});
    expect(withLoss).toMatchObject({
      messages: [
        {},
        {},
        { loss: false, tool_calls: [{}] },
        { role: "tool" },
        { loss: true, tool_calls: [{}] },
      ],
      tools: [{ function: { name: "take" } }],
    });
    const [asText] = exampleFormatNamed("trl-template").rowsOf(prepared, {});
    expect(asText).toMatchObject({
      messages: [
        {},
        {},
        {},
        { role: "user" },
        { role: "assistant", content: "Action: take[lamp]", train: true },
      ],
    });
  });
});
