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
import { followMembers, memberVariable, showsProcesses } from "./process-members.ts";

const [grace = "0", program = "", ...programArguments] = process.argv.slice(2);
const mark = randomUUID();
/** A process that waits for a disk or a driver dies a little later. */
const killMilliseconds = 5000;
/** Between two looks at what was started: at least so long, and so many times as long as the look takes. */
const lookMilliseconds = 200;
const looksAreRare = 50;
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
const root = child.pid ?? 0;
const members = followMembers(root, mark);

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
void keepLooking();

/** A process is known by its parent only as long as that lives. */
async function keepLooking(): Promise<void> {
  while (stopping === undefined) {
    const started = performance.now();
    members.look();
    const took = performance.now() - started;
    await setTimeout(Math.max(lookMilliseconds, looksAreRare * took), undefined, { ref: false });
  }
}

function stop(): Promise<void> {
  stopping ??= endAll();
  return stopping;
}

async function endAll(): Promise<void> {
  if (await end("SIGTERM", Number(grace))) return;
  await end("SIGKILL", killMilliseconds);
}

/** Sends the signal to each process once, also to those that are started meanwhile. @returns whether all have ended within so many milliseconds. */
async function end(signal: "SIGTERM" | "SIGKILL", milliseconds: number): Promise<boolean> {
  const told = new Set<string>();
  let living = members.look();
  kill(-root, signal);
  for (const { pid, started, group } of living) if (group === root) told.add(`${pid} ${started}`);
  for (const begun = performance.now(); ; await setTimeout(50)) {
    for (const { pid, started } of living) {
      const key = `${pid} ${started}`;
      if (!told.has(key)) kill(pid, signal);
      told.add(key);
    }
    living = members.look();
    if (living.length === 0 && (showsProcesses || !kill(-root, 0))) return true;
    if (performance.now() - begun > milliseconds) return false;
  }
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
