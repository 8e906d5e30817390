/**
 * Runs one command, and sees to it that nothing of it is left. A program of its own, because it must outlive the
 * process that started it for as long as it takes to clean up.
 *
 *     node supervisor.ts GRACE_MILLISECONDS PROGRAM ARGUMENTS...
 *
 * Its standard input is a pipe from whoever started it. When that is closed, by intention or because the other
 * end died in any way (`kill -9` included), every process of the command gets SIGTERM, and after the grace time SIGKILL. The same
 * happens to what a command leaves behind when it ends. Exits as a shell does: the command's code, 128 and the signal's number, or
 * 127 if it cannot be started.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { membersOf, memberVariable } from "./process-members.ts";

const [grace = "0", program = "", ...programArguments] = process.argv.slice(2);
const mark = randomUUID();
/** A process that waits for a disk or a driver dies a little later. */
const killMilliseconds = 5000;
let stopping: Promise<void> | undefined;

// The terminal's Ctrl-C goes to the process that started this one, which then closes the pipe.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());
process.stdout.on("error", () => void stop());

const child = spawn(program, programArguments, {
  // Both of its outputs go into one pipe, so that they keep their order.
  stdio: ["ignore", 1, 1],
  detached: process.platform !== "win32",
  windowsHide: true,
  env: { ...process.env, [memberVariable]: mark },
});

process.stdin.on("end", () => void stop());
process.stdin.on("error", () => void stop());
process.stdin.resume();

child.once("error", (error) => {
  process.stderr.write(`${program}: ${error.message}\n`);
  process.exit(127);
});
child.once("exit", async (code, signal) => {
  await stop();
  process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
});

function stop(): Promise<void> {
  stopping ??= endAll();
  return stopping;
}

async function endAll(): Promise<void> {
  send("SIGTERM");
  if (await isOver(Number(grace))) return;
  send("SIGKILL");
  await isOver(killMilliseconds);
}

/** Whether everything has ended within so many milliseconds. */
async function isOver(milliseconds: number): Promise<boolean> {
  for (const started = performance.now(); isAnyAlive(); await setTimeout(50)) {
    if (performance.now() - started > milliseconds) return false;
  }
  return true;
}

function send(signal: "SIGTERM" | "SIGKILL"): void {
  kill(-(child.pid ?? 0), signal);
  for (const pid of membersOf(mark)) kill(pid, signal);
}

function isAnyAlive(): boolean {
  return membersOf(mark).length > 0 || kill(-(child.pid ?? 0), 0);
}

/** @returns whether there was such a process (or, with a negative id, such a group). */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (pid === 0) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
