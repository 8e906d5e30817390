import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { cacheFolder } from "../cache-folder.ts";
import { writeFileAtomically } from "../files.ts";
import type { RunConfig } from "../run/config.ts";
import { isFinished } from "../run/database/training.ts";
import { describeConfig, differences } from "../run/describe.ts";
import { hashOf } from "../run/identity.ts";
import { readRunDirectory, readStoredConfig, runPath } from "../run/run-directory.ts";
import {
  type Forecast,
  forecastFromParts,
  forecastFromTotal,
  formatDuration,
  noForecast,
} from "./forecast.ts";

/** Seconds of each piece of work of a whole run, in order. */
const partsSchema = z.array(z.tuple([z.string(), z.number()]));
const durationsSchema = z.record(z.string(), partsSchema);

export interface RunDuration {
  readonly forecast: Forecast;
  /** Keeps how long each piece took, for the next run of this configuration (of any seed) on this machine. */
  remember(seconds: ReadonlyMap<string, number>): void;
}

/** Says how long a run will take: as long as last time on this machine, or as the configuration says. */
export async function announceDuration(config: RunConfig): Promise<RunDuration> {
  const isNew = !existsSync(join(runPath(config), "run.sqlite"));
  const key = await durationKey(config);
  const measured = readDurations()[key];
  const stated = config.expectedMinutes === undefined ? undefined : config.expectedMinutes * 60;
  // A run that was started with another configuration is refused, so nothing is said of how it goes on.
  if (isNew || (await isUnchanged(config))) {
    console.error(`${beginning(runPath(config), isNew)} ${estimate(measured, stated)}`);
  }
  return {
    forecast:
      measured !== undefined
        ? forecastFromParts(new Map(measured))
        : stated !== undefined && isNew
          ? forecastFromTotal(stated)
          : noForecast,
    // A continued run did not see all of its parts.
    remember: (seconds) => (isNew ? writeDurations({ ...readDurations(), [key]: [...seconds] }) : undefined),
  };
}

async function isUnchanged(config: RunConfig): Promise<boolean> {
  // Killed at its very beginning, a run has a database and no description yet.
  if (!existsSync(join(runPath(config), "config.json"))) return true;
  const current = describeConfig(config, await config.trainer.base());
  return differences(readStoredConfig(runPath(config)), current).length === 0;
}

function beginning(path: string, isNew: boolean): string {
  if (isNew) return "This run";
  using directory = readRunDirectory(path);
  const isOver = isFinished(directory.database, "run");
  return `${isOver ? `${path} has finished already` : `Continuing ${path}`}. From its start, this run`;
}

function estimate(measured: z.infer<typeof partsSchema> | undefined, stated: number | undefined): string {
  if (measured !== undefined) {
    const seconds = measured.reduce((sum, [, part]) => sum + part, 0);
    return `takes about ${formatDuration(seconds)}, as last time on this machine.`;
  }
  if (stated !== undefined) {
    return `takes about ${formatDuration(stated)} on 2 CPU cores (this machine has ${availableParallelism()}).`;
  }
  return "has not been timed on this machine yet; the time left is shown for each part as it goes.";
}

/** Equal for runs that differ in name and seed only. */
async function durationKey(config: RunConfig): Promise<string> {
  return hashOf(describeConfig({ ...config, name: "", seed: 0 }, await config.trainer.base()));
}

function readDurations(): z.infer<typeof durationsSchema> {
  try {
    return durationsSchema.parse(JSON.parse(readFileSync(durationsFile(), "utf8")));
  } catch {
    return {};
  }
}

function writeDurations(durations: z.infer<typeof durationsSchema>): void {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileAtomically(durationsFile(), JSON.stringify(durations));
  } catch {
    // An estimate is a convenience: a home directory that cannot be written to must not fail the run.
  }
}

function durationsFile(): string {
  return join(cacheFolder(), "durations.json");
}
