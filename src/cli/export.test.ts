import { existsSync, mkdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { smallExample } from "../export/examples.test-helpers.ts";
import { openDatabase } from "../run/database/database.ts";
import { shippedBase } from "../trainer/shipped-base.ts";
import { commandFixture } from "./command-line.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";

const fixture = commandFixture();

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

async function fileOf(name: string, content: string): Promise<string> {
  const file = join(fixture.folder, name);
  await writeFile(file, content);
  return file;
}

/** A run directory with datasets and nothing else. */
async function runWithDatasets(names: readonly string[]): Promise<string> {
  const run = join(fixture.folder, "run");
  mkdirSync(join(run, "datasets"), { recursive: true });
  openDatabase(join(run, "run.sqlite"))[Symbol.dispose]();
  for (const name of names) {
    await writeFile(join(run, "datasets", name), line({ ...smallExample, id: name }));
  }
  return run;
}

describe("eef export", () => {
  it("writes a file of examples, says what was left out, and where the rest is", async () => {
    const file = await fileOf(
      "examples.jsonl",
      line({ ...smallExample, weights: [0, 0, 0.5, 0, 0, 0, 1, 0] }) +
        line({ ...smallExample, id: "e2", weights: smallExample.weights.map(() => 0) }),
    );
    const out = join(fixture.folder, "train.jsonl");
    expect(await runCommandLine(["export", file, "--to", "together", "--out", out])).toBe(0);
    expect(fixture.printed.slice(0, 4)).toEqual([
      `Wrote 1 row with 2 targets from 2 examples to ${out}.`,
      "Left out: 1 example without a target.",
      "Left out: 1 message behind the last target of its example.",
      "Lost: 1 weight other than 0 and 1, which this format cannot hold. Written as 1.",
    ]);
    expect(JSON.parse(await readFile(out, "utf8"))).toMatchObject({ messages: { length: 7 } });
    expect(existsSync(join(fixture.folder, "train.origins.jsonl"))).toBe(true);
  });

  it("sets damaged rows aside, with line, field and text, and writes the others", async () => {
    const bad = { ...smallExample, weights: [0] };
    const file = await fileOf("examples.jsonl", `${line(smallExample)}${line(bad)}{"cut`);
    const out = join(fixture.folder, "train.jsonl");
    expect(await runCommandLine(["export", file, "--to", "axolotl", "--out", out])).toBe(0);
    expect(fixture.errors[0]).toMatch(/^Set aside: .*examples\.jsonl: line 2, weights: expected 8/);
    expect(fixture.errors[1]).toMatch(/^Set aside: .*examples\.jsonl: line 3: not JSON/);
    const rejected = (await readFile(join(fixture.folder, "train.rejected.jsonl"), "utf8"))
      .trimEnd()
      .split("\n");
    expect(rejected.map((row): unknown => JSON.parse(row))).toMatchObject([
      { line: 2, field: "weights", text: JSON.stringify(bad) },
      { line: 3, field: "", text: '{"cut' },
    ]);
  });

  it("takes a run's last iteration of EEF unless told otherwise", async () => {
    const run = await runWithDatasets(["eef-0.jsonl", "eef-1.jsonl", "rft-x6-1.jsonl"]);
    const out = join(fixture.folder, "train.jsonl");
    const idOf = async (more: readonly string[]): Promise<unknown> => {
      expect(await runCommandLine(["export", run, "--to", "canonical", "--out", out, ...more])).toBe(0);
      return JSON.parse(await readFile(out, "utf8")).id;
    };
    expect(await idOf([])).toBe("eef-1.jsonl");
    expect(await idOf(["--iteration", "0"])).toBe("eef-0.jsonl");
    expect(await idOf(["--method", "RFT x6"])).toBe("rft-x6-1.jsonl");
    expect(await runCommandLine(["export", run, "--to", "axolotl", "--out", out, "--iteration", "7"])).toBe(
      1,
    );
    expect(fixture.errors.at(-1)).toMatch(
      /no dataset of "EEF" in iteration 7.\nIt has eef 0, eef 1, rft-x6 1/,
    );
    expect(
      await runCommandLine(["export", run, "--to", "axolotl", "--out", out, "--iteration", "last"]),
    ).toBe(1);
    expect(fixture.errors.at(-1)).toContain('--iteration takes an integer of at least 0, not "last"');
  });

  it("writes tokens under a tokenizer, with labels where something is learned", async () => {
    const file = await fileOf("examples.jsonl", line(smallExample));
    const out = join(fixture.folder, "train.jsonl");
    const command = ["export", file, "--to", "trl-tokens", "--out", out, "--tokenizer", shippedBase];
    expect(await runCommandLine(command)).toBe(0);
    const row: { input_ids: number[]; labels: number[]; assistant_masks: number[] } = JSON.parse(
      await readFile(out, "utf8"),
    );
    expect(row.labels).toHaveLength(row.input_ids.length);
    expect(row.labels.at(-1)).toBe(row.input_ids.at(-1));
    expect(row.labels[0]).toBe(-100);
    expect(row.assistant_masks).toEqual(row.labels.map((label) => (label === -100 ? 0 : 1)));
    expect(row.labels.every((label, index) => label === -100 || label === row.input_ids[index])).toBe(true);
  });

  it("does not take trajectories for examples", async () => {
    const file = await fileOf("t.jsonl", line({ taskId: "t", initialObservation: "" }));
    const out = join(fixture.folder, "train.jsonl");
    expect(await runCommandLine(["export", file, "--to", "axolotl", "--out", out])).toBe(1);
    expect(fixture.errors.join("\n")).toMatch(/holds trajectories, not training examples[\s\S]*--to atif/);
    expect(existsSync(out)).toBe(false);
    expect(existsSync(join(fixture.folder, "train.rejected.jsonl"))).toBe(false);
    expect(await runCommandLine(["preview", file])).toBe(1);
    expect(fixture.errors.at(-2)).toMatch(/holds trajectories/);
  });

  it("never writes over what it reads", async () => {
    const file = await fileOf("examples.jsonl", line(smallExample));
    expect(await runCommandLine(["export", file, "--to", "axolotl", "--out", file])).toBe(1);
    expect(await readFile(file, "utf8")).toBe(line(smallExample));
  });
});

describe("eef import and eef export", () => {
  const episode = (reward?: number) => ({
    id: 1,
    ...(reward === undefined ? {} : { reward }),
    conversations: [
      { from: "human", value: "i" },
      { from: "gpt", value: "OK" },
      { from: "human", value: "o" },
      { from: "gpt", value: "Action: a" },
    ],
  });

  it("carry trajectories to ATIF and back to the byte", async () => {
    const file = await fileOf("eto.json", JSON.stringify([episode(1), episode(0.5)]));
    const [own, atif, again] = ["own.jsonl", "atif.jsonl", "again.jsonl"].map((name) =>
      join(fixture.folder, name),
    );
    if (own === undefined || atif === undefined || again === undefined) throw new Error("no names");
    expect(await runCommandLine(["import", file, "--out", own])).toBe(0);
    expect(fixture.printed[0]).toBe(
      "Not carried over, for want of a place in a trajectory: 4 messages before the first observation.",
    );
    expect(await runCommandLine(["export", own, "--to", "atif", "--out", atif])).toBe(0);
    expect(await runCommandLine(["import", atif, "--out", again])).toBe(0);
    expect(await readFile(again, "utf8")).toBe(await readFile(own, "utf8"));
  });

  it("set episodes without a reward aside, unless it is given", async () => {
    const file = await fileOf("eto.jsonl", line(episode()) + line(episode(0.5)));
    const out = join(fixture.folder, "own.jsonl");
    expect(await runCommandLine(["import", file, "--out", out])).toBe(0);
    expect(fixture.errors[0]).toMatch(/^Set aside: .*eto\.jsonl: line 1, reward: not recorded/);
    expect((await readFile(out, "utf8")).trimEnd().split("\n")).toHaveLength(1);
    expect(await runCommandLine(["import", file, "--out", out, "--reward", "1"])).toBe(0);
    expect((await readFile(out, "utf8")).trimEnd().split("\n")).toHaveLength(2);
  });
});

describe("eef preview", () => {
  it("shows under the shipped student's tokenizer what is trained on, and how much", async () => {
    const file = await fileOf("examples.jsonl", line(smallExample) + line({ ...smallExample, id: "f2" }));
    expect(await runCommandLine(["preview", file, "--example", "f2"])).toBe(0);
    expect(fixture.printed[0]).toMatch(/^Example f2 \(task t1\): \d+ tokens, \d+ trained/);
    expect(fixture.printed[0]).toContain("⟦Action: search[lamp]<|end|>⟧");
    expect(fixture.printed.at(-1)).toMatch(
      /^Examples shown: 1\. Trained on: \d+ of \d+ tokens \(\d+\.\d%\)\.$/,
    );
  });

  it("reads what was exported", async () => {
    const file = await fileOf("examples.jsonl", line(smallExample));
    const out = join(fixture.folder, "train.jsonl");
    await runCommandLine(["export", file, "--to", "ms-swift", "--out", out]);
    fixture.printed = [];
    expect(await runCommandLine(["preview", out])).toBe(0);
    expect(fixture.printed[0]).toContain("⟦Action: click[Buy Now]<|end|>⟧");
  });

  it("says which line is wrong, and when nothing is there to show", async () => {
    const file = await fileOf("examples.jsonl", line(smallExample) + line({ messages: [], weights: [1] }));
    expect(await runCommandLine(["preview", file])).toBe(1);
    expect(fixture.errors[0]).toMatch(/examples\.jsonl: line 2, id: /);
    expect(await runCommandLine(["preview", file, "--count", "0"])).toBe(1);
    expect(
      await runCommandLine(["preview", await fileOf("one.jsonl", line(smallExample)), "--example", "zz"]),
    ).toBe(1);
    expect(fixture.errors.at(-1)).toMatch(/No example's id or task begins with "zz"/);
  });
});
