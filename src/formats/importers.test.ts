import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trajectorySchema } from "../trajectory.ts";
import { collect } from "./collect.test-helpers.ts";
import type { ImportedTrajectory, ReadOptions } from "./format.ts";
import { readTrajectories } from "./formats.ts";
import type { RejectedRow } from "./rows.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-importers-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function read(
  content: unknown,
  options: ReadOptions & { readonly format?: string } = {},
): Promise<{ read: ImportedTrajectory[]; rejected: RejectedRow[] }> {
  const file = join(folder, "episodes.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  const rejected: RejectedRow[] = [];
  const imported = await collect(
    readTrajectories(file, { onRejected: (row) => void rejected.push(row), ...options }),
  );
  // Whatever comes in is a trajectory that our own form can hold.
  for (const { trajectory } of imported) trajectorySchema.parse(trajectory);
  return { read: imported, rejected };
}

async function readOne(content: unknown, options: ReadOptions = {}): Promise<ImportedTrajectory> {
  const { read: imported, rejected } = await read(content, options);
  expect(rejected).toEqual([]);
  const [first] = imported;
  if (first === undefined || imported.length !== 1)
    throw new Error(`expected one episode, got ${imported.length}`);
  return first;
}

const human = (value: string) => ({ from: "human", value });
const gpt = (value: string) => ({ from: "gpt", value });
const shop = "WebShop [SEP] Instruction: [SEP] Find me a lamp, price lower than 20.00 dollars [SEP] Search";

describe("ETO's conversations", () => {
  const episode = {
    id: 17,
    reward: 1,
    conversations: [
      human("You are web shopping."),
      gpt("OK"),
      human(shop),
      gpt("Thought: I look.\nAction: search[lamp]"),
      human("Observation:\nResults [SEP] B01"),
      gpt("Thought: That one.\nAction: click[B02]"),
      human("Observation: Invalid action!"),
      gpt("Thought: Buy.\nAction: click[Buy Now]"),
    ],
  };

  it("become trajectories, the texts byte for byte", async () => {
    const { trajectory, goal, dropped } = await readOne([episode]);
    expect(trajectory).toMatchObject({
      id: "eto/17",
      taskId: "17",
      initialObservation: shop,
      reward: 1,
      stopReason: "done",
    });
    expect(trajectory.steps).toEqual([
      {
        message: "Thought: I look.\nAction: search[lamp]",
        action: "search[lamp]",
        observation: "Observation:\nResults [SEP] B01",
        reward: 0,
        done: false,
        valid: true,
      },
      {
        message: "Thought: That one.\nAction: click[B02]",
        action: "click[B02]",
        observation: "Observation: Invalid action!",
        reward: 0,
        done: false,
        valid: false,
      },
      {
        message: "Thought: Buy.\nAction: click[Buy Now]",
        action: "click[Buy Now]",
        observation: "",
        reward: 1,
        done: true,
        valid: true,
      },
    ]);
    expect(goal).toEqual({ instruction: "Find me a lamp, price lower than 20.00 dollars" });
    expect(dropped).toEqual({ "messages before the first observation": 2 });
  });

  it("with a reward under meta are read too, after the worked examples that they begin with", async () => {
    const { reward: _, conversations, ...rest } = episode;
    const { trajectory } = await readOne(
      [
        {
          ...rest,
          meta: { reward: 0, terminate_reason: "max_steps", steps: 3 },
          conversations: [
            human("You are web shopping."),
            gpt("OK"),
            human("An example"),
            gpt("Action: a"),
            ...conversations.slice(2),
          ],
        },
      ],
      { skip: 4 },
    );
    expect(trajectory).toMatchObject({ initialObservation: shop, reward: 0, stopReason: "step-limit" });
    expect(trajectory.steps.some(({ done }) => done)).toBe(false);
  });

  it("of one id are told apart", async () => {
    const { read: imported } = await read([episode, episode]);
    expect(imported.map(({ trajectory }) => trajectory.id)).toEqual(["eto/17", "eto/17#2"]);
  });

  it.each<[string, object, string, RegExp]>([
    ["no reward", { reward: undefined }, "reward", /not recorded/],
    ["a reward above 1", { reward: 100 }, "reward", /from 0 to 1/],
    [
      "an unknown speaker",
      { conversations: [{ from: "robot", value: "" }] },
      "conversations.0.from",
      /human/,
    ],
    [
      "two actions in a row",
      { conversations: [human("o"), gpt("a"), gpt("b")] },
      "conversations.2.from",
      /observation/,
    ],
    [
      "no action",
      { conversations: [human("i"), gpt("OK"), human("o")] },
      "conversations.2.from",
      /no action/,
    ],
  ])(
    "with %s are set aside, with line and field, and the others are read",
    async (_, change, field, problem) => {
      const { read: imported, rejected } = await read(
        `${JSON.stringify({ ...episode, ...change })}\n${JSON.stringify(episode)}\n`,
        { format: "eto" },
      );
      expect(imported).toHaveLength(1);
      expect(rejected).toHaveLength(1);
      expect(rejected[0]).toMatchObject({ line: 1, field, problem: expect.stringMatching(problem) });
      expect(JSON.parse(rejected[0]?.text ?? "")).toEqual(
        JSON.parse(JSON.stringify({ ...episode, ...change })),
      );
    },
  );
});

describe("AgentGym's conversations", () => {
  const episode = {
    item_id: "webshop_6",
    conversations: [
      { ...human("Instructions"), loss: null },
      { ...gpt("Ok."), loss: false },
      { ...human(shop), loss: null },
      { ...gpt("Thought:\nI look.\n\nAction:\nsearch[lamp < 20]"), loss: true },
    ],
  };

  it("have actions on a line of their own, and a reward that the reader has to know", async () => {
    const { trajectory, dropped } = await readOne([episode], { reward: 1, policy: "gpt-4" });
    expect(trajectory).toMatchObject({ id: "agentgym/webshop_6", policy: "gpt-4", reward: 1 });
    expect(trajectory.steps[0]).toMatchObject({
      message: "Thought:\nI look.\n\nAction:\nsearch[lamp < 20]",
      action: "search[lamp < 20]",
    });
    expect(dropped).toMatchObject({ "conversations.loss": 2 });
  });

  it("of an evaluation set, which has tasks only, are set aside", async () => {
    const { rejected } = await read([{ item_id: "webshop_1", conversations: null }], { reward: 1 });
    expect(rejected[0]).toMatchObject({ line: 1, field: "conversations" });
  });
});

describe("OpenAI messages", () => {
  const call = {
    id: "call_9",
    type: "function",
    function: { name: "search", arguments: '{"words": "a\u2028b"}' },
  };
  const record = {
    tools: [{ type: "function", function: { name: "search" } }],
    reward: 0.5,
    messages: [
      { role: "system", content: "Use the tools." },
      {
        role: "user",
        content: [
          { type: "text", text: "Find a " },
          { type: "text", text: "lamp." },
        ],
      },
      { role: "assistant", content: "I look.", tool_calls: [call] },
      { role: "tool", tool_call_id: "call_9", content: "Nothing." },
      { role: "assistant", content: "Action: give up", weight: 0 },
    ],
  };

  it("become trajectories, with a tool call as an action in text", async () => {
    const { trajectory, dropped } = await readOne(`${JSON.stringify(record)}\n`);
    expect(trajectory).toMatchObject({
      taskId: "episodes-1",
      initialObservation: "Find a lamp.",
      reward: 0.5,
    });
    expect(
      trajectory.steps.map(({ action, message, observation }) => ({ action, message, observation })),
    ).toEqual([
      {
        action: 'search({"words": "a\\u2028b"})',
        message: 'Thought: I look.\nAction: search({"words": "a\\u2028b"})',
        observation: "Nothing.",
      },
      { action: "give up", message: "Action: give up", observation: "" },
    ]);
    expect(dropped).toEqual({
      tools: 1,
      "messages.tool_call_id": 1,
      "messages.tool_calls.id": 1,
      "messages.weight": 1,
      "messages before the first observation": 1,
    });
  });

  it.each<[string, unknown, string]>([
    ["two calls at once", { role: "assistant", tool_calls: [call, call] }, "messages.1.tool_calls"],
    [
      "arguments that are no object",
      { role: "assistant", tool_calls: [{ function: { name: "a", arguments: "[1]" } }] },
      "messages.1.tool_calls.0.function.arguments",
    ],
    [
      "a call of the old form",
      { role: "assistant", content: "I look.", function_call: { name: "search", arguments: "{}" } },
      "messages.1.function_call",
    ],
    ["an empty answer", { role: "assistant", content: null }, "messages.1.content"],
    ["a picture", { role: "assistant", content: [{ type: "image_url" }] }, "messages.1.content"],
  ])("with %s are set aside", async (_, message, field) => {
    const { rejected } = await read({ reward: 1, messages: [{ role: "user", content: "o" }, message] });
    expect(rejected.map((row) => row.field)).toEqual([field]);
  });
});

describe("ReAct transcripts", () => {
  const text = `Solve the questions.

Question: Who wrote it?
Thought 1: I search.
Action 1: Search[it]
Observation 1: A book.
By A.
Thought 2: Now I know.
Action 2: Finish[A]

Question: And this?
Action: Search[this]
Observation: Nobody.
`;

  it("become one trajectory for each question", async () => {
    const { read: imported, rejected } = await read(text, { reward: 0 });
    expect(rejected).toEqual([]);
    expect(imported.map(({ trajectory }) => trajectory.id)).toEqual([
      "react-text/episodes-1",
      "react-text/episodes-2",
    ]);
    expect(imported[0]?.dropped).toEqual({ "lines before the first question": 1 });
    expect(imported[0]?.trajectory.initialObservation).toBe("Who wrote it?");
    expect(imported[0]?.trajectory.steps).toMatchObject([
      {
        message: "Thought: I search.\nAction: Search[it]",
        action: "Search[it]",
        observation: "A book.\nBy A.",
      },
      { message: "Thought: Now I know.\nAction: Finish[A]", action: "Finish[A]", observation: "" },
    ]);
    expect(imported[1]?.trajectory.steps).toMatchObject([{ action: "Search[this]", observation: "Nobody." }]);
  });

  it("that end in a thought are set aside, and the others are read", async () => {
    const { read: imported, rejected } = await read(`${text}\nQuestion: Last?\nThought: Hm.\n`, {
      reward: 0,
    });
    expect(imported).toHaveLength(2);
    expect(rejected).toMatchObject([{ line: 15, field: "Thought", text: "Question: Last?\nThought: Hm." }]);
  });
});

describe("a person's WebShop session", () => {
  it("is set aside as a whole if one of its pages is damaged", async () => {
    const first = {
      page: "index",
      url: "http://shop/fixed_1",
      goal: { instruction_text: "Find me a lamp" },
    };
    const text = `${JSON.stringify(first)}\n${JSON.stringify({ ...first, page: "garden" })}\n`;
    const { read: imported, rejected } = await read(text);
    expect(imported).toEqual([]);
    expect(rejected).toMatchObject([{ line: 2, field: "page", text: text.trimEnd() }]);
  });
});

describe("a file of damaged records only", () => {
  it("gives none, and each of them is set aside", async () => {
    const { read: imported, rejected } = await read("{\n{\n");
    expect(imported).toEqual([]);
    expect(rejected.map(({ line }) => line)).toEqual([1, 2]);
  });
});
