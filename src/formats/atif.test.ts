import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Step, stopReasonSchema, type ToolCall, type Trajectory } from "../trajectory.ts";
import { toAtif } from "./atif.ts";
import { collect } from "./collect.test-helpers.ts";
import { readTrajectories } from "./formats.ts";
import { parseToolCallText, toolCallText } from "./tool-call-text.ts";

const data = fileURLToPath(new URL("../../../shared/data/trajectories", import.meta.url));
const recorded = join(data, "webshop-react/react_500.jsonl");
const sessions = join(data, "webshop-human");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-atif-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function readBack(documents: readonly unknown[], indented = false): Promise<Trajectory[]> {
  const file = join(folder, "atif.json");
  const content = indented
    ? JSON.stringify(documents[0], undefined, 2)
    : documents.map((document) => `${JSON.stringify(document)}\n`).join("");
  await writeFile(file, content);
  const all = await collect(readTrajectories(file));
  return all.map(({ trajectory }) => trajectory);
}

const text = fc.string({ unit: "grapheme", maxLength: 30 });
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
  .map((value) => value + 0);
const reward = fc.double({ noNaN: true, min: 0, max: 1 }).map((value) => value + 0);
const call = fc
  .record({
    name: fc.stringMatching(/^[a-z_]{1,8}$/),
    arguments: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue(), { maxKeys: 2 }),
  })
  .map((each) => toolCallText(each.name, JSON.stringify(each.arguments)));
const nativeCall: fc.Arbitrary<ToolCall> = fc.record({
  id: text,
  name: text,
  arguments: fc.oneof(text, fc.constant('{ "words": "lamp" }')),
  content: text,
});
const step: fc.Arbitrary<Step> = fc
  .record({
    message: text,
    action: fc.oneof(text, call),
    observation: text,
    reward,
    done: fc.boolean(),
    valid: fc.boolean(),
    logProbability: fc.option(number, { nil: undefined }),
    toolCall: fc.option(nativeCall, { nil: undefined }),
  })
  .map(({ logProbability, toolCall, ...rest }) => ({
    ...rest,
    ...(logProbability === undefined ? {} : { logProbability }),
    ...(toolCall === undefined ? {} : { toolCall }),
  }));
const trajectory: fc.Arbitrary<Trajectory> = fc
  .record({
    id: text,
    taskId: text,
    policy: text,
    kind: fc.constantFrom("expert" as const, "simulation" as const, "evaluation" as const),
    seed: fc.integer(),
    from: fc.option(fc.record({ trajectoryId: text, stateIndex: fc.nat(4) }), { nil: undefined }),
    initialObservation: text,
    steps: fc.array(step, { maxLength: 4 }),
    reward,
    stopReason: fc.constantFrom(...stopReasonSchema.options),
    error: fc.option(fc.record({ name: text, message: text }), { nil: undefined }),
    usage: fc.record({
      environmentSteps: fc.nat(),
      promptTokens: fc.oneof(fc.nat(), number),
      generatedTokens: fc.nat(),
      seconds: number,
    }),
  })
  .map(({ from, error, ...rest }) => ({
    ...rest,
    ...(from === undefined ? {} : { from }),
    ...(error === undefined ? {} : { error }),
  }));

describe("a trajectory as ATIF", () => {
  it("comes back equal in every field", async () => {
    await fc.assert(
      fc.asyncProperty(trajectory, async (given) => {
        expect(await readBack([toAtif(given)])).toEqual([given]);
      }),
      { numRuns: 100 },
    );
  });

  it("holds to the rules of the format", () => {
    fc.assert(
      fc.property(trajectory, (given) => {
        const document = toAtif(given);
        expect(document.schema_version).toBe("ATIF-v1.7");
        expect(document.steps.map(({ step_id }) => step_id)).toEqual(
          document.steps.map((_, index) => index + 1),
        );
        for (const each of document.steps) {
          if (!("observation" in each)) continue;
          const calls = "tool_calls" in each ? each.tool_calls : [];
          for (const result of each.observation.results) {
            if (!("source_call_id" in result)) continue;
            expect(calls.map(({ tool_call_id }) => tool_call_id)).toContain(result.source_call_id);
          }
        }
      }),
    );
  });

  it("marks the steps that a simulation took over from the expert as copied", () => {
    const given: Trajectory = {
      id: "s",
      taskId: "t",
      policy: "student",
      kind: "simulation",
      seed: 1,
      from: { trajectoryId: "e", stateIndex: 1 },
      initialObservation: "o",
      steps: [
        { message: "Action: a", action: "a", observation: "p", reward: 0, done: false, valid: true },
        { message: "Action: b", action: "b", observation: "q", reward: 1, done: true, valid: true },
      ],
      reward: 1,
      stopReason: "done",
      usage: { environmentSteps: 1, promptTokens: 3, generatedTokens: 2, seconds: 0 },
    };
    expect(toAtif(given)).toEqual({
      schema_version: "ATIF-v1.7",
      session_id: "s",
      trajectory_id: "s",
      agent: { name: "student", version: "unknown" },
      steps: [
        { step_id: 1, source: "user", message: "o" },
        {
          step_id: 2,
          source: "agent",
          message: "Action: a",
          observation: { results: [{ content: "p" }] },
          is_copied_context: true,
          extra: { eef: { action: "a", reward: 0, done: false, valid: true } },
        },
        {
          step_id: 3,
          source: "agent",
          message: "Action: b",
          observation: { results: [{ content: "q" }] },
          extra: { eef: { action: "b", reward: 1, done: true, valid: true } },
        },
      ],
      final_metrics: { total_prompt_tokens: 3, total_completion_tokens: 2, total_steps: 3 },
      extra: {
        eef: {
          taskId: "t",
          policy: "student",
          kind: "simulation",
          seed: 1,
          from: { trajectoryId: "e", stateIndex: 1 },
          reward: 1,
          stopReason: "done",
          usage: { environmentSteps: 1, promptTokens: 3, generatedTokens: 2, seconds: 0 },
        },
      },
    });
  });
});

describe("an ATIF document from elsewhere", () => {
  const document = {
    schema_version: "ATIF-v1.6",
    session_id: "run-1",
    agent: { name: "terminal-agent", version: "2.0", model_name: "m" },
    steps: [
      { step_id: 1, source: "system", message: "Be brief." },
      { step_id: 2, source: "user", message: "List the files.", timestamp: "2026-01-01T00:00:00Z" },
      {
        step_id: 3,
        source: "agent",
        message: "I look.",
        reasoning_content: "Which command?",
        tool_calls: [{ tool_call_id: "c1", function_name: "bash", arguments: { command: "ls" } }],
        observation: { results: [{ source_call_id: "c1", content: "a.txt" }] },
        metrics: { prompt_tokens: 10 },
      },
      { step_id: 4, source: "agent", message: "There is a.txt." },
    ],
  };

  it("is read, and what a trajectory has no place for is counted", async () => {
    const file = join(folder, "foreign.json");
    await writeFile(file, JSON.stringify(document, undefined, 2));
    const [imported] = await collect(readTrajectories(file, { reward: 1 }));
    expect(imported?.trajectory).toMatchObject({
      id: "atif/run-1",
      policy: "terminal-agent",
      initialObservation: "List the files.",
      steps: [
        {
          message: 'Thought: I look.\nAction: bash({"command":"ls"})',
          action: 'bash({"command":"ls"})',
          observation: "a.txt",
        },
        { message: "There is a.txt.", observation: "", done: true, reward: 1 },
      ],
    });
    expect(imported?.dropped).toEqual({
      "agent.version": 1,
      "agent.model_name": 1,
      "steps.timestamp": 1,
      "steps.reasoning_content": 1,
      "steps.metrics": 1,
      "steps.observation.results.source_call_id": 1,
      "steps.tool_calls.tool_call_id": 1,
      "messages before the first observation": 1,
    });
  });

  it("exported again has its tool calls", async () => {
    const file = join(folder, "foreign.json");
    await writeFile(file, JSON.stringify(document));
    const [imported] = await collect(readTrajectories(file, { reward: 1 }));
    if (imported === undefined) throw new Error("nothing was read");
    expect(toAtif(imported.trajectory).steps[1]).toMatchObject({
      tool_calls: [{ tool_call_id: "call_2", function_name: "bash", arguments: { command: "ls" } }],
      observation: { results: [{ source_call_id: "call_2", content: "a.txt" }] },
    });
  });

  it("of another version is refused", async () => {
    await expect(readBack([{ ...document, schema_version: "ATIF-v2.0" }])).rejects.toThrow(
      /line 1, schema_version: expected ATIF-v1/,
    );
  });
});

describe("a tool call as an action", () => {
  it("is one line, and is read back as it was", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (name, given) => {
          const plain: Record<string, unknown> = JSON.parse(JSON.stringify(given));
          const action = toolCallText(name, JSON.stringify(plain));
          expect(action).not.toMatch(/[\n\r\u2028\u2029]/);
          expect(parseToolCallText(action)).toEqual({ name, arguments: plain });
        },
      ),
    );
  });

  it("is not seen in other actions", () => {
    for (const action of ["search[a (b)]", "f(1)", "f({)", "click[Buy Now]"])
      expect(parseToolCallText(action)).toBeUndefined();
  });
});

describe.skipIf(!existsSync(recorded))("recorded episodes (skipped where the data is absent)", () => {
  it("come back from ATIF equal in every field", async () => {
    const all = await collect(readTrajectories(recorded));
    const given = all.slice(0, 100).map(({ trajectory: each }) => each);
    expect(await readBack(given.map(toAtif))).toEqual(given);
  });
});

describe.skipIf(!existsSync(sessions))("recorded sessions (skipped where the data is absent)", () => {
  it("come back from ATIF equal in every field", async () => {
    for (const name of readdirSync(sessions)) {
      const given = (await collect(readTrajectories(join(sessions, name)))).map((each) => each.trajectory);
      expect(await readBack(given.map(toAtif))).toEqual(given);
    }
  });
});
