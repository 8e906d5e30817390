import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { smallExample } from "../export/examples.test-helpers.ts";
import { commandFixture } from "./command-line.test-helpers.ts";

const fixture = commandFixture();
const main = fileURLToPath(new URL("main.ts", import.meta.url));
const toy = fileURLToPath(new URL("../../test/toy/eef.config.ts", import.meta.url));

/** Runs `eef` from a shell; in the script, "$@" is the command line. */
function inShell(script: string, ...command: readonly string[]) {
  const parameters = ["-c", script, "sh", process.execPath, main, ...command];
  const { status, stdout, stderr } = spawnSync("sh", parameters, { cwd: fixture.folder, encoding: "utf8" });
  return { status, stdout, stderr };
}

/** Makes 4 the writing end of a pipe that has no reader. */
const unreadPipe = "mkfifo pipe && exec 3<>pipe 4>pipe 3<&- && rm pipe";

function manyExamples(): string {
  const file = join(fixture.folder, "examples.jsonl");
  // Far more than the 64 KiB that a pipe holds, and so much that going on to the end would be noticed.
  writeFileSync(file, `${JSON.stringify(smallExample)}\n`.repeat(5000));
  return file;
}

describe.skipIf(process.platform === "win32")("standard output that nobody reads", () => {
  it.each([
    ["--help"],
    ["preview", "examples.jsonl", "--count", "5000"],
    ["export", "examples.jsonl", "--to", "openai", "--out", "-"],
    ["export", "examples.jsonl", "--to", "openai", "--out", "/dev/stdout"],
  ])("ends eef %s without a word, as it ends other programs", (...command) => {
    manyExamples();
    expect(inShell(`${unreadPipe} && "$@" >&4`, ...command)).toEqual({ status: 141, stdout: "", stderr: "" });
  });

  it("ends a command that only prints as soon as its reader has had enough", () => {
    const script = '{ "$@"; echo "status $?" >&2; } | head -n 1';
    const { stdout, stderr } = inShell(script, "preview", manyExamples(), "--count", "5000");
    expect(stdout).toMatch(/^Example .*\n$/);
    expect(stderr).toBe("status 141\n");
  });

  it("does not keep a run from its end, even if nobody reads its progress either", () => {
    const command = ["run", toy, "--data", fixture.folder];
    expect(inShell(`${unreadPipe} && "$@" >&4 2>&4`, ...command)).toMatchObject({ status: 141 });
    expect(existsSync(join(fixture.folder, "runs", "toy", "report.html"))).toBe(true);
  });

  it("leaves a command its own failure", () => {
    const { status, stderr } = inShell(`${unreadPipe} && "$@" >&4`, "preview", "nowhere.jsonl");
    expect(status).toBe(1);
    expect(stderr).toContain("nowhere.jsonl");
  });
});

describe.skipIf(!existsSync("/dev/full"))("standard output on a full disk", () => {
  it("is a failure, and says so", () => {
    expect(inShell('"$@" > /dev/full', "--help")).toEqual({
      status: 1,
      stdout: "",
      stderr: "Error: standard output cannot be written: the disk is full\n",
    });
  });
});
