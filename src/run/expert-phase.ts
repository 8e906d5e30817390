import type { RolloutRequest } from "../rollout/executor.ts";
import { rolloutId } from "../rollout/identity.ts";
import type { Task } from "../trajectory.ts";
import type { PolicyExpert, RecordedExpert } from "./config.ts";
import { hasTrajectory, saveTrajectory } from "./database/trajectories.ts";
import { rolloutSeed } from "./identity.ts";
import { reuseEpisodes } from "./reuse.ts";
import { playBatch } from "./rollouts.ts";
import type { Run } from "./run.ts";

type Purpose = "training" | "evaluation";

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
  { policy, trajectoriesPerTask, temperature }: PolicyExpert,
  tasks: readonly Task[],
  purpose: Purpose,
): Promise<void> {
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
        seed: rolloutSeed(run.config.seed, "expert", [policy.name, task.id, sample]),
        temperature,
        maximumSteps: run.config.rollout.maximumSteps,
      } as const;
      return { id: rolloutId(rollout, policy.version), ...rollout };
    }),
  );
  const name = `expert ${policy.name}, ${purpose} tasks`;
  reuseEpisodes(run, name, requests);
  await playBatch(run, {
    name,
    requests,
    openPolicy: async () => policy,
    actor: policy.name,
  });
  const { database } = run.directory;
  database.transaction(() => {
    for (const { id } of requests) saveExpert(run, id, policy.name, purpose);
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
  run.directory.database.execute(
    "INSERT INTO experts (trajectory_id, expert, purpose) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    trajectoryId,
    expert,
    purpose,
  );
}
