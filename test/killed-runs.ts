import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Random } from "../src/random.ts";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const slowConfig = fileURLToPath(new URL("toy/slow.config.ts", import.meta.url));

/** What to run: a configuration, and the name of its run. */
export interface Job {
  readonly commandLine: (folder: string) => readonly string[];
  readonly runName: string;
}

/** The toy run; everything it writes goes into the folder. */
export const toyJob: Job = {
  commandLine: (folder) => [slowConfig, "--data", folder],
  runName: "toy",
};

/** Starts `eef run`, writing into `folder`. */
export function startRun(folder: string, job: Job = toyJob): ChildProcess {
  mkdirSync(folder, { recursive: true });
  return spawn(process.execPath, [main, "run", ...job.commandLine(folder)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      XDG_CACHE_HOME: join(folder, "cache"),
      // Starting takes most of the time of a killed run.
      NODE_COMPILE_CACHE: join(folder, "..", "compile-cache"),
    },
  });
}

/** @returns Milliseconds from the run's first line to its end: how long it worked, without its start. */
export async function runToTheEnd(folder: string, job: Job = toyJob): Promise<number> {
  const child = startRun(folder, job);
  let errors = "";
  let started = Number.NaN;
  child.stderr?.on("data", (chunk) => {
    if (errors === "") started = performance.now();
    errors += String(chunk);
  });
  child.stdout?.resume();
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`eef run exited with ${code}: ${errors}`);
  return performance.now() - started;
}

/**
 * Starts a run again and again, killing it (SIGKILL) at a random moment each time.
 * @param spread Upper end of the time from the run's first line to the kill, in milliseconds.
 * @returns Whether the run was over before its turn to be killed came.
 */
export async function runAndKill(
  folder: string,
  random: Random,
  spread: number,
  job: Job = toyJob,
): Promise<"killed" | "finished"> {
  const child = startRun(folder, job);
  child.stdout?.resume();
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors += String(chunk);
  });
  const closed = once(child, "close");
  if (child.stderr !== null) await Promise.race([once(child.stderr, "data"), closed]);
  await Promise.race([setTimeout(random.next() * spread), closed]);
  child.kill("SIGKILL");
  const [code, signal] = await closed;
  if (signal === "SIGKILL") return "killed";
  if (code !== 0) throw new Error(`eef run exited with ${code}: ${errors}`);
  return "finished";
}

/** Where `startRun` puts the run. */
export function runFolder(folder: string, job: Job = toyJob): string {
  return join(folder, "runs", job.runName);
}
