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
  const trajectories = await playBatch(run, {
    name: `${method}, iteration ${iteration}, evaluate`,
    requests,
    openPolicy: () => students.open(policy),
  });
  const wins = trajectories.filter(isWin).length;
  const reward = trajectories.reduce((sum, trajectory) => sum + trajectory.reward, 0);
  directory.database.transaction(() => {
    for (const [position, { id }] of trajectories.entries()) {
      directory.database.execute(
        `INSERT INTO evaluations (method, iteration, position, trajectory_id) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
        method,
        iteration,
        position,
        id,
      );
    }
    saveMetrics(directory.database, [
      { method, iteration, name: "evaluation-win-rate", step: 0, value: wins / trajectories.length },
      { method, iteration, name: "evaluation-reward", step: 0, value: reward / trajectories.length },
    ]);
  });
}
