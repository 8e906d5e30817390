import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Environment, EnvironmentIncident } from "../environment/environment.ts";
import { writeFileAtomically } from "../files.ts";
import type { RunDirectory } from "./run-directory.ts";

const incidentSchema = z.object({ taskId: z.string(), what: z.string() });
const fileName = "incidents.jsonl";

/** Keeps what failed under the run's episodes, in `incidents.jsonl`. */
export interface IncidentLog {
  /** Stores those that are new. */
  save(): void;
}

/** Those of earlier, interrupted parts of the run are kept; those of the environment's earlier runs are not this run's. */
export function incidentLog(directory: RunDirectory, environment: Environment): IncidentLog {
  const earlier = readIncidents(directory);
  const before = environment.incidents?.().length ?? 0;
  let stored = 0;
  return {
    save: () => {
      const fresh = environment.incidents?.().slice(before) ?? [];
      if (fresh.length === stored) return;
      stored = fresh.length;
      const lines = [...earlier, ...fresh].map((incident) => `${JSON.stringify(incident)}\n`);
      writeFileAtomically(directory.file(fileName), lines.join(""));
    },
  };
}

export function readIncidents(directory: RunDirectory): EnvironmentIncident[] {
  const file = directory.file(fileName);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => incidentSchema.parse(JSON.parse(line)));
}
