import { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { printableLine } from "../report/printable.ts";
import type { RolloutRequest } from "../rollout/executor.ts";
import { rolloutId } from "../rollout/identity.ts";
import type { Task } from "../trajectory.ts";
import { expertName, type PolicyExpert, type RecordedExpert, type RunConfig } from "./config.ts";
import { hasTrajectory, saveTrajectory } from "./database/trajectories.ts";
import { rolloutSeed } from "./identity.ts";
import { reuseEpisodes } from "./reuse.ts";
import { playBatch } from "./rollouts.ts";
import type { Run } from "./run.ts";

type Purpose = "training" | "evaluation";

/**
 * Makes sure that recorded trajectories are of this environment's tasks.
 * @returns A note for each expert some of whose trajectories are of unknown tasks; they are left out.
 * @throws ConfigurationError if all trajectories of an expert are.
 */
export function checkRecordedTasks({
  environment,
  experts,
}: Pick<RunConfig, "environment" | "experts">): string[] {
  const recorded = experts.filter((expert) => "trajectories" in expert);
  if (recorded.length === 0) return [];
  const splits = ["train", "validation", "test"] as const;
  const known = new Set(splits.flatMap((split) => environment.tasks(split).map((task) => task.id)));
  return recorded.flatMap(({ name, trajectories }) => {
    const strangers = trajectories.filter(({ taskId }) => !known.has(taskId));
    if (strangers.length === 0) return [];
    const theirs = someOf(strangers.map(({ taskId }) => taskId));
    if (strangers.length === trajectories.length) {
      throw new ConfigurationError(
        `None of the ${trajectories.length} trajectories of expert "${name}" is of a task of ${environment.name}: theirs are ${theirs}.`,
        {
          hint: `The environment's are ${someOf(known)}. Was the file recorded with other tasks, or with another seed?`,
        },
      );
    }
    return `Expert "${name}": ${strangers.length} of ${trajectories.length} trajectories match no task of ${environment.name} and are left out (${theirs}).`;
  });
}

function someOf(ids: Iterable<string>): string {
  const different = [...new Set(ids)];
  const shown = different.slice(0, 3).map((id) => printableLine(id, 60));
  return `${shown.join(", ")}${different.length > shown.length ? ", …" : ""}`;
}

/** Lets every expert act on the training tasks, and, for comparison only, on the held-out ones. */
export async function collectExpertTrajectories(run: Run): Promise<void> {
  for (const expert of run.config.experts) {
    for (const purpose of ["training", "evaluation"] as const) {
      const tasks = purpose === "training" ? run.trainTasks : run.evaluationTasks;
      if ("trajectories" in expert) storeRecorded(run, expert, tasks, purpose);
      else await playExpert(run, expert, tasks, purpose);
    }
  }
}

async function playExpert(
  run: Run,
  expert: PolicyExpert,
  tasks: readonly Task[],
  purpose: Purpose,
): Promise<void> {
  const { policy, trajectoriesPerTask, temperature } = expert;
  const actor = expertName(expert);
  const samples = Array.from(
    { length: purpose === "training" ? trajectoriesPerTask : 1 },
    (_, sample) => sample,
  );
  const kind = purpose === "training" ? "expert" : "evaluation";
  const requests = tasks.flatMap((task) =>
    samples.map((sample): RolloutRequest => {
      const rollout = {
        kind,
        task,
        seed: rolloutSeed(run.config.seed, "expert", [actor, task.id, sample]),
        temperature,
        maximumSteps: run.config.rollout.maximumSteps,
      } as const;
      return { id: rolloutId(rollout, policy.version), ...rollout };
    }),
  );
  const name = `expert ${actor}, ${purpose} tasks`;
  reuseEpisodes(run, name, requests);
  await playBatch(run, {
    name,
    requests,
    openPolicy: async () => policy,
    actor,
  });
  const { database } = run.directory;
  database.transaction(() => {
    for (const { id } of requests) saveExpert(run, id, actor, purpose);
  });
}

function storeRecorded(run: Run, expert: RecordedExpert, tasks: readonly Task[], purpose: Purpose): void {
  const { config, directory } = run;
  const wanted = new Set(tasks.map((task) => task.id));
  const evaluated = new Set<string>();
  const actionKind = (action: string) => config.environment.actionKind?.(action) ?? "";
  directory.database.transaction(() => {
    for (const recorded of expert.trajectories) {
      if (!wanted.has(recorded.taskId)) continue;
      if (purpose === "evaluation" && evaluated.has(recorded.taskId)) continue;
      evaluated.add(recorded.taskId);
      if (!hasTrajectory(directory.database, recorded.id)) {
        const kind = purpose === "training" ? "expert" : "evaluation";
        const { from: _, ...rest } = recorded;
        saveTrajectory(directory.database, { ...rest, kind, policy: expert.name }, actionKind, 0);
      }
      saveExpert(run, recorded.id, expert.name, purpose);
    }
  });
}

function saveExpert(run: Run, trajectoryId: string, expert: string, purpose: Purpose): void {
  const { database } = run.directory;
  database.execute(
    "INSERT INTO experts (trajectory_id, expert, purpose) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    trajectoryId,
    expert,
    purpose,
  );
  const sql = "SELECT expert FROM experts WHERE trajectory_id = ?";
  const owner = database.first(z.object({ expert: z.string() }), sql, trajectoryId)?.expert ?? expert;
  if (owner === expert) return;
  throw new ConfigurationError(
    `The experts "${owner}" and "${expert}" have the same trajectory ${trajectoryId}.`,
    {
      hint: "It would count for one of them only: leave one of the two experts out.",
    },
  );
}
