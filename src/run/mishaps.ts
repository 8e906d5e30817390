import { z } from "zod";
import type { EnvironmentIncident } from "../environment/environment.ts";
import type { ReplayedStates } from "../report/results.ts";
import type { Database } from "./database/database.ts";

/** How many simulations were to begin from an expert's state, and those that could not. */
export function readReplays(database: Database): ReplayedStates {
  const asked = database.first(
    z.object({ count: z.number() }),
    "SELECT COUNT(*) AS count FROM trajectories WHERE from_trajectory IS NOT NULL",
  );
  const diverged = database.all(
    z.object({
      from_trajectory: z.string(),
      from_state: z.number(),
      task_id: z.string(),
      error_message: z.string().nullable(),
    }),
    `SELECT from_trajectory, from_state, task_id, error_message FROM trajectories
     WHERE stop_reason = 'replay-diverged' AND from_trajectory IS NOT NULL ORDER BY rowid`,
  );
  return {
    asked: asked?.count ?? 0,
    diverged: diverged.map((row) => ({
      trajectoryId: row.from_trajectory,
      stateIndex: row.from_state,
      taskId: row.task_id,
      message: row.error_message ?? "",
    })),
  };
}

/** Lines for the head of the report about what went wrong, each with its first case; none if nothing did. */
export function describeMishaps(
  { asked, diverged }: ReplayedStates,
  incidents: readonly EnvironmentIncident[],
): { name: string; value: string }[] {
  const [divergence] = diverged;
  const [incident] = incidents;
  return [
    ...(divergence === undefined
      ? []
      : [
          {
            name: "replays that diverged",
            value: `${diverged.length} of ${asked}, first: ${divergence.message}`,
          },
        ]),
    ...(incident === undefined
      ? []
      : [
          {
            name: "incidents in the environment",
            value: `${incidents.length}, first: ${incident.taskId}: ${incident.what}`,
          },
        ]),
  ];
}
