import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { smallExample } from "../export/examples.test-helpers.ts";
import { shippedBase } from "../trainer/shipped-base.ts";
import { commandFixture } from "./command-line.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";

const fixture = commandFixture();
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const episode = (id: number, reward?: number) => ({
  id,
  reward,
  conversations: [
    { from: "human", value: "o" },
    { from: "gpt", value: "Action: a" },
  ],
});
const at = (name: string): string => join(fixture.folder, name);
const contentOf = (name: string): string => readFileSync(at(name), "utf8");

function given(name: string, ...rows: readonly unknown[]): string {
  writeFileSync(at(name), rows.map(line).join(""));
  return at(name);
}

describe("what a command reads", () => {
  it("is never written over, by whatever name, nor by what stands beside the output", async () => {
    const examples = given("train.jsonl", smallExample);
    const before = contentOf("train.jsonl");
    symlinkSync("train.jsonl", at("link.jsonl"));
    symlinkSync("train.jsonl", at("link.origins.jsonl"));
    symlinkSync("train.jsonl", at("other.origins.jsonl"));
    symlinkSync("train.jsonl", at("third.rejected.jsonl"));
    const outputs = ["train.jsonl", "./train.jsonl", "link.jsonl", "other.jsonl", "third.jsonl"];
    for (const out of outputs) {
      const path = `${fixture.folder}/${out}`;
      expect(await runCommandLine(["export", examples, "--to", "openai", "--out", path])).toBe(1);
      expect(fixture.errors.join("\n")).toMatch(/would be written over/);
      fixture.errors = [];
    }
    expect(contentOf("train.jsonl")).toBe(before);
    const episodes = given("eto.jsonl", episode(1, 1));
    symlinkSync("eto.jsonl", at("own.rejected.jsonl"));
    for (const out of ["eto.jsonl", "own.jsonl"]) {
      expect(await runCommandLine(["import", episodes, "--out", at(out)])).toBe(1);
      expect(await runCommandLine(["export", episodes, "--to", "atif", "--out", at(out)])).toBe(1);
    }
    expect(contentOf("eto.jsonl")).toBe(line(episode(1, 1)));
  });
});

describe("an output", () => {
  it("stays as it was where there is nothing to write", async () => {
    const commands: [string, unknown[], ...string[]][] = [
      ["empty.jsonl", [], "import"],
      ["empty.jsonl", [], "export", "--to", "atif"],
      ["bad.jsonl", [episode(1)], "import"],
      ["bad.jsonl", [episode(1)], "export", "--to", "atif"],
    ];
    for (const [name, rows, command, ...more] of commands) {
      const out = at("out.jsonl");
      writeFileSync(out, "old");
      if (command === undefined) throw new Error("no command");
      expect(await runCommandLine([command, given(name, ...rows), ...more, "--out", out])).toBe(1);
      expect(contentOf("out.jsonl")).toBe("old");
    }
    expect(fixture.errors.join("\n")).toMatch(/empty\.jsonl holds no trajectory/);
  });

  it("has no rejected rows of an earlier run beside it, but what somebody else wrote there stays", async () => {
    const out = at("out.jsonl");
    const rejected = at("out.rejected.jsonl");
    await runCommandLine(["import", given("eto.jsonl", episode(1), episode(2, 1)), "--out", out]);
    expect(existsSync(rejected)).toBe(true);
    await runCommandLine(["import", given("eto.jsonl", episode(2, 1)), "--out", out]);
    expect(existsSync(rejected)).toBe(false);
    writeFileSync(rejected, line({ text: "mine" }));
    await runCommandLine(["import", at("eto.jsonl"), "--out", out]);
    expect(existsSync(rejected)).toBe(true);
  });

  it("can be standard output, from standard input, with all messages on standard error", () => {
    const run = (...command: string[]) =>
      spawnSync(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url)), ...command], {
        cwd: fixture.folder,
        input: line(smallExample),
        encoding: "utf8",
      });
    const { stdout, stderr, status } = run("export", "-", "--to", "axolotl", "--out", "-");
    expect(stderr).toMatch(/Wrote 1 row with 2 targets/);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ messages: { length: 7 } });
    expect(readdirSync(fixture.folder)).toEqual([]);
  });
});

describe("eef export", () => {
  it("says how many targets it had to assume, and takes the last ones where told to", async () => {
    const { role, content } = { role: "assistant", content: "a" };
    const row = {
      messages: [
        { role: "user", content: "o" },
        { role, content },
        { role: "user", content: "p" },
        { role, content },
      ],
      split: 1,
    };
    const command = ["export", given("rows.jsonl", row), "--to", "axolotl", "--out", at("out.jsonl")];
    expect(await runCommandLine(command)).toBe(0);
    expect(fixture.errors).toEqual([
      "Not carried over, for want of a place in an example: 1 split.",
      expect.stringMatching(/^Assumed: 2 targets in 1 rows .*--train/),
    ]);
    expect(await runCommandLine([...command, "--train", "last"])).toBe(0);
    expect(fixture.printed).toContain(`Wrote 1 row with 1 target from 1 example to ${at("out.jsonl")}.`);
    expect(await runCommandLine([...command, "--train", "first"])).toBe(1);
    expect(fixture.errors.at(-1)).toMatch(/--train takes all or last/);
  });

  it("tells what a reader of a mask should know", async () => {
    const template = at("template.jinja");
    writeFileSync(
      template,
      "{% for message in messages %}{{ message.role + ': ' + message.content + '\n' }}{% endfor %}",
    );
    const command = [
      "export",
      given("rows.jsonl", smallExample),
      "--to",
      "trl-tokens",
      "--out",
      at("out.jsonl"),
    ];
    expect(await runCommandLine([...command, "--tokenizer", shippedBase, "--template", template])).toBe(0);
    expect(fixture.printed.join("\n")).toMatch(
      /Note on 1 example: The template ends no assistant message with a special token/,
    );
  });

  it("names all formats, and refuses options that say nothing about trajectories", async () => {
    const file = given("rows.jsonl", smallExample);
    expect(await runCommandLine(["export", file, "--to", "nope", "--out", at("out.jsonl")])).toBe(1);
    expect(fixture.errors.join("\n")).toMatch(/Known are: .*canonical .*; atif \(trajectories/);
    for (const option of ["tokenizer", "template", "method", "iteration", "train"]) {
      const command = ["export", file, "--to", "atif", "--out", at("out.jsonl"), `--${option}`, "x"];
      expect(await runCommandLine(command)).toBe(1);
      expect(fixture.errors.join("\n")).toContain(`to which --${option} says nothing`);
    }
  });
});
