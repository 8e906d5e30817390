import { z } from "zod";
import type { RolloutRequest } from "../rollout/executor.ts";
import { rolloutId } from "../rollout/identity.ts";
import type { PolicyReference } from "../trainer/trainer.ts";
import { isWin } from "../trajectory.ts";
import { saveMetrics } from "./database/metrics.ts";
import { rolloutSeed } from "./identity.ts";
import { playBatch } from "./rollouts.ts";
import type { Run } from "./run.ts";

/**
 * Lets a student act on the held-out tasks. The seeds name the task only, so that all students meet the same
 * chances, and a student that two methods share is evaluated once.
 */
export async function evaluate(
  run: Run,
  method: string,
  iteration: number,
  policy: PolicyReference,
): Promise<void> {
  const { config, directory, students } = run;
  const requests = run.evaluationTasks.map((task): RolloutRequest => {
    const rollout = {
      kind: "evaluation",
      task,
      seed: rolloutSeed(config.seed, "evaluation", [task.id]),
      temperature: config.evaluation.temperature,
      maximumSteps: config.rollout.maximumSteps,
    } as const;
    return { id: rolloutId(rollout, policy.version), ...rollout };
  });
  await playBatch(run, {
    name: `${method}, iteration ${iteration}, evaluate`,
    requests,
    openPolicy: () => students.open(policy),
  });
  directory.database.transaction(() => {
    for (const [position, { id }] of requests.entries()) {
      directory.database.execute(
        `INSERT INTO evaluations (method, iteration, position, trajectory_id) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
        method,
        iteration,
        position,
        id,
      );
    }
    saveMetrics(directory.database, evaluationMetrics(run, method, iteration));
  });
}

function evaluationMetrics({ directory }: Run, method: string, iteration: number) {
  const played = directory.database.all(
    z.object({ reward: z.number() }),
    `SELECT t.reward FROM evaluations e JOIN trajectories t ON t.id = e.trajectory_id
     WHERE e.method = ? AND e.iteration = ? ORDER BY e.position`,
    method,
    iteration,
  );
  const wins = played.filter(isWin).length;
  const reward = played.reduce((sum, episode) => sum + episode.reward, 0);
  return [
    { method, iteration, name: "evaluation-win-rate", step: 0, value: wins / played.length },
    { method, iteration, name: "evaluation-reward", step: 0, value: reward / played.length },
  ];
}
