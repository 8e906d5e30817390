import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigurationError, InvalidFileError } from "../errors.ts";
import { recordedExpert } from "../policy/recorded.ts";
import type { Trajectory } from "../trajectory.ts";
import { readTrajectories } from "./formats.ts";
import { writeTrajectories } from "./native.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "eef-formats-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function trajectory(id: string, taskId = "task-1"): Trajectory {
  return {
    id,
    taskId,
    policy: "student-3",
    kind: "simulation",
    seed: 5,
    from: { trajectoryId: "expert-1", stateIndex: 2 },
    initialObservation: "line\nbreak \u2028 and “quotes”",
    steps: [
      {
        message: "Action: a",
        action: "a",
        observation: "b",
        reward: 1,
        done: true,
        valid: true,
        logProbability: -0.1,
      },
    ],
    reward: 1,
    stopReason: "done",
    usage: { environmentSteps: 1, promptTokens: 10, generatedTokens: 3, seconds: 0.5 },
  };
}

async function readAll(file: string, options = {}): Promise<Trajectory[]> {
  const all: Trajectory[] = [];
  for await (const imported of readTrajectories(file, options)) all.push(imported.trajectory);
  return all;
}

async function fileOf(content: string): Promise<string> {
  const file = join(folder, "given.jsonl");
  await writeFile(file, content);
  return file;
}

describe("native trajectories", () => {
  it("read back are equal to what was written", async () => {
    const file = join(folder, "out.jsonl");
    const written = [trajectory("a"), trajectory("b")];
    expect(await writeTrajectories(file, written)).toBe(2);
    expect(await readAll(file)).toEqual(written);
    expect((await readFile(file, "utf8")).split("\n")).toHaveLength(3);
  });

  it("leave no half-written file when writing fails", async () => {
    const file = join(folder, "out.jsonl");
    async function* failing() {
      yield trajectory("a");
      throw new Error("no more");
    }
    await expect(writeTrajectories(file, failing())).rejects.toThrow("no more");
    expect(await readdir(folder)).toEqual([]);
  });

  it("may have blank lines, a byte order mark and Windows line ends", async () => {
    const lines = [trajectory("a"), trajectory("b")].map((value) => JSON.stringify(value));
    const file = await fileOf(`\uFEFF${lines.join("\r\n\r\n")}\r\n`);
    expect((await readAll(file)).map(({ id }) => id)).toEqual(["a", "b"]);
  });
});

describe("a file that is wrong", () => {
  const good = JSON.stringify(trajectory("a"));

  it.each<[string, string, RegExp]>([
    ["is cut off", `${good}\n${good.slice(0, 50)}`, /given\.jsonl: line 2: not JSON/],
    [
      "has a wrong field",
      `${good}\n${good.replace('"valid":true', '"valid":"yes"')}`,
      /given\.jsonl: line 2, steps\.0\.valid: .*expected boolean/,
    ],
    ["has an unknown field", `${good.slice(0, -1)},"colour":"red"}`, /line 1: .*colour/],
    ["is in no known format", '{"hello": 1}', /line 1: in none of the known trajectory formats/],
  ])("is refused with line and field if it %s", async (_, content, problem) => {
    const reading = readAll(await fileOf(content));
    await expect(reading).rejects.toThrow(InvalidFileError);
    await expect(reading).rejects.toThrow(problem);
  });

  it("is named if it does not exist", async () => {
    await expect(readAll(join(folder, "nowhere.jsonl"))).rejects.toThrow(
      /nowhere\.jsonl: the file: cannot be read/,
    );
  });

  it("is not read as a format that does not exist", async () => {
    await expect(readAll(await fileOf(good), { format: "csv" })).rejects.toThrow(
      /no trajectory format "csv"/,
    );
  });
});

describe("recordedExpert", () => {
  it("has the file's trajectories as an expert's, under the file's name", async () => {
    const expert = await recordedExpert({ file: await fileOf(JSON.stringify(trajectory("a"))) });
    expect(expert.name).toBe("given");
    expect(expert.trajectories).toEqual([{ ...trajectory("a"), kind: "expert" }]);
  });

  it("refuses an empty file and an id that occurs twice", async () => {
    await expect(recordedExpert({ file: await fileOf("\n") })).rejects.toThrow(ConfigurationError);
    const twice = `${JSON.stringify(trajectory("a"))}\n`.repeat(2);
    await expect(recordedExpert({ file: await fileOf(twice) })).rejects.toThrow(/trajectory a twice/);
  });
});
