import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Trajectory } from "../trajectory.ts";
import { collect } from "./collect.test-helpers.ts";
import type { ReadOptions } from "./format.ts";
import { readTrajectories } from "./formats.ts";
import type { RejectedRow } from "./rows.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-damaged-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const episode = (id: string, action = "Action: a") =>
  JSON.stringify({
    id,
    reward: 1,
    conversations: [
      { from: "human", value: "o" },
      { from: "gpt", value: action },
    ],
  });
const episodes = ["1", "2", "3"].map((id) => episode(id));
const text = `${episodes.join("\n")}\n`;

async function read(
  file: string,
  options: ReadOptions = {},
): Promise<{ ids: string[]; trajectories: Trajectory[]; rejected: RejectedRow[] }> {
  const rejected: RejectedRow[] = [];
  const onRejected = (row: RejectedRow) => void rejected.push(row);
  const imported = await collect(readTrajectories(file, { onRejected, ...options }));
  const trajectories = imported.map(({ trajectory }) => trajectory);
  return { ids: trajectories.map(({ id }) => id), trajectories, rejected };
}

async function readText(content: string | Uint8Array, options: ReadOptions = {}) {
  const file = join(folder, "given.jsonl");
  await writeFile(file, content);
  return await read(file, options);
}

describe("a pipe", () => {
  it("gives every row, though it can be read once only, and leaves nothing behind", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const temporaries = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("eef-input-"));
    const before = await temporaries();
    const [result] = await Promise.all([read(pipe), writeFile(pipe, text)]);
    expect(result).toMatchObject({ ids: ["eto/1", "eto/2", "eto/3"], rejected: [] });
    expect(await temporaries()).toEqual(before);
  });
});

describe("a packed file", () => {
  it("is unpacked, and ids are made of its name", async () => {
    const file = join(folder, "given.jsonl.gz");
    const row = {
      reward: 1,
      messages: [
        { role: "user", content: "o" },
        { role: "assistant", content: "a" },
      ],
    };
    await writeFile(file, gzipSync(`${JSON.stringify(row)}\n`));
    expect((await read(file)).ids).toEqual(["openai-messages/given-1"]);
  });

  it("that is cut off is named", async () => {
    const file = join(folder, "cut.jsonl.gz");
    const packed = gzipSync(text);
    await writeFile(file, packed.subarray(0, packed.length - 12));
    await expect(read(file)).rejects.toThrow(/cut\.jsonl\.gz: .* cannot be read/);
  });
});

describe("a line that is no record", () => {
  it.each(["[INFO] a log line", "[1,2]", '["', "[", "7", '{"hello": 1}', "[]"])(
    "costs no row before or behind it: %s",
    async (line) => {
      for (const place of [0, 1, 3]) {
        const { ids, rejected } = await readText(
          `${[...episodes.slice(0, place), line, ...episodes.slice(place)].join("\n")}\n`,
        );
        if (place === 0 && (line === "[" || line === '["')) continue; // It opens an array that never ends.
        expect(ids).toEqual(["eto/1", "eto/2", "eto/3"]);
        expect(rejected.every((row) => row.line === place + 1)).toBe(true);
      }
    },
  );

  it("may stand behind an array", async () => {
    const { ids, rejected } = await readText(
      `[\n${episodes.slice(0, 2).join(",\n")}\n] done\n${episodes[2]}\n`,
    );
    expect(ids).toEqual(["eto/1", "eto/2", "eto/3"]);
    expect(rejected).toMatchObject([{ line: 4, text: " done" }]);
  });

  it("may be the instructions of a transcript", async () => {
    const { ids } = await readText("[Instruction]\n42\nQuestion: q\nThought 1: t\nAction 1: a\n", {
      reward: 1,
    });
    expect(ids).toEqual(["react-text/given-1"]);
  });
});

describe("bytes that are not UTF-8", () => {
  const latin = (value: string): Buffer => Buffer.from(value, "latin1");

  it("set their row aside", async () => {
    const { ids, rejected } = await readText(
      Buffer.concat([
        Buffer.from(`${episodes[0]}\n`),
        latin(`${episode("é")}\n`),
        Buffer.from(episodes[2] ?? ""),
      ]),
    );
    expect(ids).toEqual(["eto/1", "eto/3"]);
    expect(rejected).toMatchObject([{ line: 2, problem: "its bytes are not UTF-8" }]);
  });

  it("set an array's element aside, and a transcript's episode", async () => {
    const array = await readText(latin(`[\n${episode("1")},\n${episode("é")},\n${episode("3")}\n]`));
    expect(array.ids).toEqual(["eto/1", "eto/3"]);
    const react = await readText(latin("Question: é\nAction: a\nQuestion: e\nAction: a\n"), { reward: 1 });
    expect(react.ids).toEqual(["react-text/given-2"]);
    expect(react.rejected).toMatchObject([{ field: "line 1" }]);
  });

  it("are not taken for a replacement character that stands in the text", async () => {
    expect((await readText(episode("1", "Action: \uFFFD"))).ids).toEqual(["eto/1"]);
  });
});

describe("rows that were set aside", () => {
  it("are read again where they were mended", async () => {
    const first = await readText(`${episodes[0]}\n{"id": 2\n${episode("3").replace('"reward":1,', "")}\n`);
    expect(first.rejected).toHaveLength(2);
    const mended = first.rejected.map((row) => ({
      ...row,
      text: row.text.replace('{"id": 2', episodes[1] ?? ""),
    }));
    const again = await readText(mended.map((row) => `${JSON.stringify(row)}\n`).join(""));
    expect(again.ids).toEqual(["eto/2"]);
    expect(again.rejected).toMatchObject([{ line: 2, field: "reward", text: first.rejected[1]?.text }]);
  });

  it("may be texts of several lines", async () => {
    const first = await readText("Question: q\nThought: t\nAction: a\nQuestion: r\nThought: alone\n", {
      reward: 1,
    });
    expect(first.rejected).toHaveLength(1);
    const mended = first.rejected.map((row) => ({ ...row, text: `${row.text}\nAction: b` }));
    const again = await readText(mended.map((row) => `${JSON.stringify(row)}\n`).join(""), { reward: 1 });
    expect(again.trajectories.map(({ steps }) => steps[0]?.message)).toEqual(["Thought: alone\nAction: b"]);
  });
});

describe("ids and rewards", () => {
  it("of one name are told apart, whatever the names are", async () => {
    const { ids } = await readText(["u", "u", "u#2", "u"].map((id) => episode(id)).join("\n"));
    expect(ids).toEqual(["eto/u", "eto/u#2", "eto/u#2#2", "eto/u#3"]);
  });

  it("of our own form have to be right", async () => {
    const { trajectories } = await readText(text);
    const [one] = trajectories;
    if (one === undefined) throw new Error("nothing was read");
    const rows = [
      one,
      one,
      { ...one, id: "b", reward: 7 },
      { ...one, id: "c", steps: [{ ...one.steps[0], reward: -1 }] },
    ];
    const { ids, rejected } = await readText(rows.map((row) => JSON.stringify(row)).join("\n"));
    expect(ids).toEqual(["eto/1"]);
    expect(rejected).toMatchObject([
      { line: 2, field: "id", problem: "the file holds the trajectory eto/1 twice: it stands on line 1 too" },
      { line: 3, field: "reward" },
      { line: 4, field: "steps.0.reward" },
    ]);
  });
});

describe("an action", () => {
  const user = { role: "user", content: "o" };

  it.each([
    JSON.stringify({
      id: 1,
      reward: 1,
      conversations: [
        { from: "human", value: "o" },
        { from: "gpt", value: " " },
      ],
    }),
    JSON.stringify({ reward: 1, messages: [user, { role: "assistant", content: "\n" }] }),
    JSON.stringify({
      schema_version: "ATIF-v1.7",
      agent: { name: "a" },
      steps: [
        { step_id: 1, source: "user", message: "o" },
        { step_id: 2, source: "agent", message: "" },
      ],
    }),
  ])("that is an empty message is none: %s", async (row) => {
    const { rejected } = await readText(row, { reward: 1 });
    expect(rejected).toMatchObject([{ problem: "expected an action, got an empty message" }]);
  });

  it("may hold a line separator that is not a newline", async () => {
    const { trajectories } = await readText(episode("1", "Thought: a\u2029b\nAction: click[a\u2028b]"));
    expect(trajectories[0]?.steps[0]?.action).toBe("click[a\u2028b]");
  });
});

describe("a tool call", () => {
  const openAi = (content: string, written: string) =>
    JSON.stringify({
      reward: 1,
      messages: [
        { role: "user", content: "o" },
        { role: "assistant", content, tool_calls: [{ function: { name: "f", arguments: written } }] },
      ],
    });

  it("keeps its arguments as they were written, on one line", async () => {
    const { trajectories } = await readText(openAi("", '{"x": 12345678901234567890,\n "y": 1.0, "y": 2}'));
    expect(trajectories[0]?.steps[0]?.action).toBe('f({"x": 12345678901234567890, "y": 1.0, "y": 2})');
  });

  it("keeps the numbers of an ATIF document", async () => {
    const { trajectories } = await readText(
      `{"schema_version": "ATIF-v1.7", "agent": {"name": "a"}, "steps": [{"step_id": 1, "source": "user", "message": "o"}, {"step_id": 2, "source": "agent", "tool_calls": [{"tool_call_id": "c", "function_name": "f", "arguments": {"x": 12345678901234567890, "y": [1.0, "\\u00e9, }"]}}]}]}`,
      { reward: 1 },
    );
    expect(trajectories[0]?.steps[0]?.action).toBe('f({"x":12345678901234567890,"y":[1.0,"é, }"]})');
  });

  it("is the action of its message, whatever is written beside it", async () => {
    const messages = await Promise.all(
      ["Action: go\nAction: stop", "Thought: hm", "  "].map(async (content, index) => {
        const file = join(folder, `${index}.jsonl`);
        await writeFile(file, openAi(content, "{}"));
        return (await read(file)).trajectories[0]?.steps[0]?.message;
      }),
    );
    expect(messages).toEqual([
      "Thought: (Action): go\n(Action): stop\nAction: f({})",
      "Thought: hm\nAction: f({})",
      "Action: f({})",
    ]);
  });

  it("of a user's ATIF step is wrong, and so is a version that does not exist", async () => {
    const document = {
      schema_version: "ATIF-v1.7",
      agent: { name: "a" },
      steps: [
        {
          step_id: 1,
          source: "user",
          message: "o",
          tool_calls: [{ tool_call_id: "c", function_name: "f", arguments: {} }],
        },
        { step_id: 2, source: "agent", message: "a" },
      ],
    };
    const version = { ...document, schema_version: "ATIF-v1.99" };
    const { rejected } = await readText(`${JSON.stringify(document)}\n${JSON.stringify(version)}\n`, {
      reward: 1,
    });
    expect(rejected).toMatchObject([{ field: "steps.0.tool_calls" }, { field: "schema_version" }]);
  });

  it("of ATIF may have results with more than their text, which is counted", async () => {
    const file = join(folder, "atif.json");
    const results = [{ source_call_id: "c", content: "r", extra: { exit: 1 } }, { content: "s" }];
    await writeFile(
      file,
      JSON.stringify({
        schema_version: "ATIF-v1.7",
        agent: { name: "a" },
        steps: [
          { step_id: 1, source: "user", message: "o" },
          { step_id: 2, source: "agent", message: "a", observation: { results } },
        ],
      }),
    );
    const [imported] = await collect(readTrajectories(file, { reward: 1 }));
    expect(imported?.dropped).toEqual({
      "steps.observation.results.source_call_id": 1,
      "steps.observation.results.extra": 1,
      "boundaries between steps.observation.results": 1,
    });
  });
});
