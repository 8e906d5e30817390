import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { saveCheckpoint } from "../model/checkpoint/checkpoint.ts";
import { lampAnswer, teachModel } from "../serve/taught-model.test-helpers.ts";
import { runCommandLine } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "eef-cli-chat-"));
const directory = join(folder, "student");
beforeAll(async () => void (await saveCheckpoint(directory, await teachModel())));
afterAll(() => rmSync(folder, { recursive: true }));

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const start = (...parameters: readonly string[]) =>
  spawn(process.execPath, [main, ...parameters, "--threads", "1"], { stdio: "pipe" });

test("eef chat answers what comes through a pipe", async () => {
  const chat = start("chat", directory, "--system", "Shop.", "--temperature", "0");
  chat.stdin.end("Find a lamp\n");
  const exit = once(chat, "exit");
  expect(await textOf(chat.stdout)).toBe(`${lampAnswer}\n`);
  expect(await exit).toEqual([0, null]);
});

test.skipIf(process.platform === "win32")(
  "eef chat ends without a word where nobody reads its answers, though there may be more to ask",
  async () => {
    // 4 becomes the writing end of a pipe that has no reader.
    const script = 'mkfifo pipe && exec 3<>pipe 4>pipe 3<&- && rm pipe && exec "$@" >&4';
    const command = [process.execPath, main, "chat", directory, "--threads", "1"];
    const chat = spawn("sh", ["-c", script, "sh", ...command], { cwd: folder });
    const exit = once(chat, "exit");
    chat.stdin.write("Find a lamp\n");
    expect(await textOf(chat.stderr)).toBe("");
    expect(await exit).toEqual([141, null]);
  },
);

test("eef serve says where it is, answers there, and stops at Ctrl-C", async () => {
  const serve = start("serve", directory, "--port", "0", "--name", "lamp-finder");
  const exit = once(serve, "exit");
  const [first] = await once(serve.stdout.setEncoding("utf8"), "data");
  const baseUrl = /http:\/\/127\.0\.0\.1:\d+\/v1/.exec(String(first))?.[0];
  const models = await fetch(`${baseUrl}/models`);
  expect(await models.json()).toMatchObject({ data: [{ id: "lamp-finder" }] });
  serve.kill("SIGINT");
  expect(await exit).toEqual([0, null]);
});

test.each([
  ["chat", "--temperature", "hot"],
  ["chat", "--max-tokens", "0"],
  ["chat", "--seed", "1.5"],
  ["serve", "--port", "70000"],
])("eef %s %s %s is refused with what the option takes", async (command, option, value) => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  expect(await runCommandLine([command, directory, option, value])).toBe(1);
  expect(error.mock.calls.flat().join("\n")).toMatch(`Error: ${option} takes`);
  error.mockRestore();
});
