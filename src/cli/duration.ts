import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import type { RunConfig } from "../run/config.ts";
import { describeConfig } from "../run/describe.ts";
import { writeFileAtomically } from "../run/files.ts";
import { hashOf } from "../run/identity.ts";
import { runPath } from "../run/run-directory.ts";

/** Says how long a run will take: as long as last time on this machine, or as the configuration says. */
export async function announceDuration(config: RunConfig): Promise<void> {
  const again = existsSync(join(runPath(config), "run.sqlite"));
  const prefix = again ? `Continuing ${runPath(config)}. From its start, this run` : "This run";
  console.error(`${prefix} ${await estimate(config)}`);
}

async function estimate(config: RunConfig): Promise<string> {
  const measured = readDurations()[await durationKey(config)];
  if (measured !== undefined) return `takes about ${formatDuration(measured)}, as last time on this machine.`;
  if (config.expectedMinutes === undefined) {
    return "has not been timed on this machine yet; the time left is shown for each part as it goes.";
  }
  const cores = availableParallelism();
  return `takes about ${formatDuration(config.expectedMinutes * 60)} on 2 CPU cores (this machine has ${cores}).`;
}

/** Keeps the time of a whole, unbroken run for the next estimate. A shorter one was a continued one. */
export async function rememberDuration(config: RunConfig, seconds: number): Promise<void> {
  const durations = readDurations();
  const key = await durationKey(config);
  if (seconds < (durations[key] ?? 0) * 0.7) return;
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileAtomically(durationsFile(), JSON.stringify({ ...durations, [key]: seconds }));
  } catch {
    // An estimate is a convenience: a home directory that cannot be written to must not fail the run.
  }
}

/** Equal for runs that differ in name and seed only. */
async function durationKey(config: RunConfig): Promise<string> {
  return hashOf(describeConfig({ ...config, name: "", seed: 0 }, await config.trainer.base()));
}

function readDurations(): Record<string, number> {
  try {
    return z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(durationsFile(), "utf8")));
  } catch {
    return {};
  }
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "eef");
}

function durationsFile(): string {
  return join(cacheFolder(), "durations.json");
}

/** "45 s", "8 min", "1 h 20 min". */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
