import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../formats/collect.test-helpers.ts";
import type { RejectedRow } from "../formats/rows.ts";
import { exampleFormatNamed } from "./example-formats.ts";
import { callExample } from "./examples.test-helpers.ts";
import type { SourcedExample } from "./export-examples.ts";
import { prepare } from "./export-examples.ts";
import { type ReadExamplesOptions, readExamples } from "./read-examples.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-foreign-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function read(
  row: unknown,
  options: ReadExamplesOptions = {},
): Promise<{ examples: SourcedExample[]; rejected: RejectedRow[] }> {
  const file = join(folder, "rows.jsonl");
  await writeFile(file, typeof row === "string" ? row : JSON.stringify(row));
  const rejected: RejectedRow[] = [];
  const onRejected = (each: RejectedRow) => void rejected.push(each);
  return { examples: await collect(readExamples(file, { onRejected, ...options })), rejected };
}

async function readOne(row: unknown, options: ReadExamplesOptions = {}): Promise<SourcedExample> {
  const { examples, rejected } = await read(row, options);
  expect(rejected).toEqual([]);
  const [first] = examples;
  if (first === undefined) throw new Error("nothing was read");
  return first;
}

const user = { role: "user", content: "o" };
const answer = { role: "assistant", content: "a" };
const callOf = (written: unknown) => ({
  id: "c1",
  type: "function",
  function: { name: "buy", arguments: written },
});
const calling = { role: "assistant", content: "I buy.", tool_calls: [callOf('{"x": 1.0}')] };

describe("a row that does not say what is trained on", () => {
  const row = { messages: [user, answer, user, answer, user] };

  it("has all of the assistant's messages as targets, or the last, and tells how many were assumed", async () => {
    expect(await readOne(row)).toMatchObject({ example: { weights: [0, 1, 0, 1, 0] }, assumedTargets: 2 });
    expect(await readOne(row, { train: "last" })).toMatchObject({
      example: { weights: [0, 0, 0, 1, 0] },
      assumedTargets: 1,
    });
  });

  it("is not one that says so for some messages", async () => {
    const flagged = { messages: [user, answer, user, { ...answer, train: false }] };
    const { example, assumedTargets } = await readOne(flagged, { train: "last" });
    expect(example.weights).toEqual([0, 1, 0, 0]);
    expect(assumedTargets).toBeUndefined();
  });
});

describe("a row of another program", () => {
  it("has a weight as a whole", async () => {
    expect(await readOne({ messages: [user, answer], weight: 0 })).toMatchObject({
      example: { weights: [0, 0] },
    });
  });

  it("keeps native tool calls as they were written, their answers and the tools", async () => {
    const tool = { name: "buy", description: "Buys.", parameters: { type: "object" } };
    const { example, dropped } = await readOne({
      messages: [user, calling, { role: "tool", tool_call_id: "c1", content: "Sold." }, answer],
      tools: [{ type: "function", function: { ...tool, strict: true } }],
    });
    expect(example.messages).toEqual([
      user,
      {
        role: "assistant",
        content: 'Thought: I buy.\nAction: buy({"x": 1.0})',
        toolCall: { id: "c1", name: "buy", arguments: '{"x": 1.0}', content: "I buy." },
      },
      { role: "user", content: "Sold." },
      answer,
    ]);
    expect(example.tools).toEqual([tool]);
    expect(dropped).toEqual({ "tools.function.strict": 1 });
    const prepared = prepare(example);
    if (prepared === undefined) throw new Error("no target");
    expect(exampleFormatNamed("openai").rowsOf(prepared, {})).toMatchObject([
      { messages: [user, calling, { role: "tool", tool_call_id: "c1" }, answer] },
    ]);
  });

  it("keeps the numbers of arguments that are an object, as trl-template writes them", async () => {
    const row = `{"messages":[{"role":"user","content":"o"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"buy","arguments":{ "x": 12345678901234567890 }}}]}]}`;
    const { example } = await readOne(row);
    expect(example.messages[1]?.toolCall?.arguments).toBe('{"x":12345678901234567890}');
  });

  it.each(["openai", "llama-factory", "axolotl"])("may have tool calls as %s writes them", async (format) => {
    const given = callExample(" I look.\nAction: no");
    const prepared = prepare(given);
    if (prepared === undefined) throw new Error("no target");
    const { example } = await readOne(exampleFormatNamed(format).rowsOf(prepared, {}).at(-1));
    const callsOf = ({ messages }: { readonly messages: typeof given.messages }) =>
      messages.map(({ role, toolCall }) => ({
        role,
        ...(toolCall === undefined ? {} : { ...toolCall, id: "" }),
      }));
    expect(callsOf(example)).toEqual(callsOf(prepared));
    expect(example.tools).toEqual(given.tools);
  });

  it("has what an example cannot hold counted", async () => {
    const { dropped } = await readOne({
      messages: [
        { ...user, name: "Bob" },
        { ...answer, reasoning_content: "why" },
      ],
      split: "train",
      images: [],
    });
    expect(dropped).toEqual({ "messages.name": 1, "messages.reasoning_content": 1, split: 1 });
  });

  it.each<[string, object, string]>([
    ["pictures", { messages: [user, answer], images: ["a.png"] }, "images"],
    [
      "flags that contradict each other",
      { messages: [user, { ...answer, weight: 1, train: false }] },
      "messages.1",
    ],
    [
      "two calls at once",
      { messages: [user, { ...calling, tool_calls: [callOf("{}"), callOf("{}")] }] },
      "messages.1.tool_calls",
    ],
    [
      "arguments that are no object",
      { messages: [user, { ...calling, tool_calls: [callOf("no")] }] },
      "messages.1.tool_calls.0.function",
    ],
    ["a call of the user's", { messages: [{ ...calling, role: "user" }, answer] }, "messages.0.tool_calls"],
    [
      "a call of the old form",
      { messages: [user, { ...answer, function_call: { name: "f" } }] },
      "messages.1.function_call",
    ],
    ["a call that is not answered", { messages: [user, calling, user, answer] }, "messages.2.role"],
    ["no text", { messages: [user, { role: "assistant", content: null }] }, "messages.1.content"],
    ["tools that are none", { messages: [user, answer], tools: "search" }, "tools"],
  ])("with %s is set aside", async (_, row, field) => {
    const { examples, rejected } = await read(row);
    expect(examples).toEqual([]);
    expect(rejected).toMatchObject([{ line: 1, field }]);
  });
});
