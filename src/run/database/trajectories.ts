import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Environment } from "../../environment/environment.ts";
import type { Simulation } from "../../methods/simulation.ts";
import {
  type Split,
  type Step,
  stopReasonSchema,
  type Task,
  type Trajectory,
  toolCallSchema,
  toolDeclarationSchema,
} from "../../trajectory.ts";
import type { Database } from "./database.ts";

/** Stores the tasks of a split, in order; those already there stay as they are. */
export function saveTasks(database: Database, split: Split, tasks: readonly Task[]): void {
  database.transaction(() => {
    for (const [position, task] of tasks.entries()) {
      database.execute(
        "INSERT INTO tasks (id, split, position, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        task.id,
        split,
        position,
        JSON.stringify(task),
      );
    }
  });
}

/**
 * Stores a trajectory with its steps. Steps that it shares with the trajectory it started from are stored
 * once, with that one. Part of the caller's transaction.
 */
export function saveTrajectory(
  database: Database,
  trajectory: Trajectory,
  actionKind: NonNullable<Environment["actionKind"]>,
  workSeconds: number,
): void {
  const { from, error, usage } = trajectory;
  const shared = from === undefined ? 0 : sharedSteps(database, trajectory, from);
  database.execute(
    `INSERT INTO trajectories (id, task_id, kind, policy, seed, from_trajectory, from_state, shared_steps, initial_observation,
       reward, stop_reason, error_name, error_message, environment_steps, prompt_tokens, generated_tokens, seconds,
       work_seconds, tools)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trajectory.id,
    trajectory.taskId,
    trajectory.kind,
    trajectory.policy,
    trajectory.seed,
    from?.trajectoryId ?? null,
    from?.stateIndex ?? null,
    shared,
    trajectory.initialObservation,
    trajectory.reward,
    trajectory.stopReason,
    error?.name ?? null,
    error?.message ?? null,
    usage.environmentSteps,
    usage.promptTokens,
    usage.generatedTokens,
    usage.seconds,
    workSeconds,
    trajectory.tools === undefined ? null : JSON.stringify(trajectory.tools),
  );
  for (const [position, step] of trajectory.steps.entries()) {
    if (position < shared) continue;
    database.execute(
      `INSERT INTO steps (trajectory_id, position, message, action, action_kind, observation, reward, done, valid,
         log_probability, tool_call)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      trajectory.id,
      position,
      step.message,
      step.action,
      actionKind(step.action),
      step.observation,
      step.reward,
      step.done ? 1 : 0,
      step.valid ? 1 : 0,
      step.logProbability ?? null,
      step.toolCall === undefined ? null : JSON.stringify(step.toolCall),
    );
  }
}

function sharedSteps(
  database: Database,
  trajectory: Trajectory,
  from: { readonly trajectoryId: string; readonly stateIndex: number },
): number {
  const own = trajectory.steps.slice(0, from.stateIndex);
  const others = readTrajectory(database, from.trajectoryId)?.steps.slice(0, from.stateIndex);
  return own.length === from.stateIndex && isDeepStrictEqual(own, others) ? from.stateIndex : 0;
}

function jsonColumn<T extends z.ZodType>(schema: T) {
  const json = z.string().transform((text): unknown => JSON.parse(text));
  return json.pipe(schema).nullish();
}

const trajectoryRow = z.object({
  id: z.string(),
  task_id: z.string(),
  kind: z.enum(["expert", "simulation", "evaluation"]),
  policy: z.string(),
  seed: z.number(),
  from_trajectory: z.string().nullable(),
  from_state: z.number().nullable(),
  shared_steps: z.number(),
  initial_observation: z.string(),
  reward: z.number(),
  stop_reason: stopReasonSchema,
  error_name: z.string().nullable(),
  error_message: z.string().nullable(),
  environment_steps: z.number(),
  prompt_tokens: z.number(),
  generated_tokens: z.number(),
  seconds: z.number(),
  // Missing in a database of version 1 that is only read.
  tools: jsonColumn(z.array(toolDeclarationSchema)),
});

const stepRow = z.object({
  position: z.number(),
  message: z.string(),
  action: z.string(),
  observation: z.string(),
  reward: z.number(),
  done: z.number(),
  valid: z.number(),
  log_probability: z.number().nullable(),
  tool_call: jsonColumn(toolCallSchema),
});

/**
 * The trajectory as it was saved, or undefined.
 * @param from The one that it started from, where that is at hand: then both hold the same objects for the steps that they share.
 */
export function readTrajectory(database: Database, id: string, from?: Trajectory): Trajectory | undefined {
  const row = database.first(trajectoryRow, "SELECT * FROM trajectories WHERE id = ?", id);
  if (row === undefined) return undefined;
  const stored = database.all(stepRow, "SELECT * FROM steps WHERE trajectory_id = ? ORDER BY position", id);
  const origin =
    row.shared_steps === 0 || row.from_trajectory === null
      ? undefined
      : from?.id === row.from_trajectory
        ? from
        : readTrajectory(database, row.from_trajectory);
  const shared = origin?.steps.slice(0, row.shared_steps) ?? [];
  return {
    id: row.id,
    taskId: row.task_id,
    policy: row.policy,
    kind: row.kind,
    seed: row.seed,
    ...originOf(row),
    initialObservation: row.initial_observation,
    steps: [...shared, ...stored.map(toStep)],
    reward: row.reward,
    stopReason: row.stop_reason,
    ...(row.error_name !== null ? { error: { name: row.error_name, message: row.error_message ?? "" } } : {}),
    usage: {
      environmentSteps: row.environment_steps,
      promptTokens: row.prompt_tokens,
      generatedTokens: row.generated_tokens,
      seconds: row.seconds,
    },
    ...(row.tools ? { tools: row.tools } : {}),
  };
}

const simulationRow = trajectoryRow
  .pick({ task_id: true, from_trajectory: true, from_state: true, reward: true, stop_reason: true })
  .extend({ step_count: z.number() });

/**
 * What came of a simulation, without its steps.
 * @param from As of `readTrajectory`.
 * @throws Error if it is not there.
 */
export function readSimulation(database: Database, id: string, from?: Trajectory): Simulation {
  const missing = () => new Error(`trajectory ${id} is not in the database`);
  const row = database.first(
    simulationRow,
    `SELECT task_id, from_trajectory, from_state, reward, stop_reason,
       shared_steps + (SELECT COUNT(*) FROM steps WHERE trajectory_id = id) AS step_count
     FROM trajectories WHERE id = ?`,
    id,
  );
  if (row === undefined) throw missing();
  return {
    id,
    taskId: row.task_id,
    ...originOf(row),
    reward: row.reward,
    stopReason: row.stop_reason,
    stepCount: row.step_count,
    read: () => {
      const trajectory = readTrajectory(database, id, from);
      if (trajectory === undefined) throw missing();
      return trajectory;
    },
  };
}

/** Where a trajectory started, if not at the task's initial state. */
function originOf(row: { readonly from_trajectory: string | null; readonly from_state: number | null }) {
  return row.from_trajectory !== null && row.from_state !== null
    ? { from: { trajectoryId: row.from_trajectory, stateIndex: row.from_state } }
    : {};
}

export function hasTrajectory(database: Database, id: string): boolean {
  return database.first(z.unknown(), "SELECT 1 FROM trajectories WHERE id = ?", id) !== undefined;
}

/** Of these episodes, the first in which the policy acted and did not fail. */
export function findAnswered(database: Database, ids: readonly string[]): string | undefined {
  return database.first(
    z.object({ id: z.string() }),
    `SELECT t.id FROM json_each(?) AS wanted JOIN trajectories t ON t.id = wanted.value
     WHERE t.stop_reason IN ('done', 'step-limit') AND t.environment_steps > 0 ORDER BY wanted.key LIMIT 1`,
    JSON.stringify(ids),
  )?.id;
}

/** How many of these episodes ended in an error of the policy, and the error of the first of them. */
export function readPolicyErrors(
  database: Database,
  ids: readonly string[],
): { readonly count: number; readonly first: string } {
  const rows = database.all(
    z.object({ error: z.string() }),
    `SELECT COALESCE(t.error_name || ': ' || t.error_message, 'an error') AS error FROM json_each(?) AS wanted
     JOIN trajectories t ON t.id = wanted.value WHERE t.stop_reason = 'policy-error' ORDER BY wanted.key`,
    JSON.stringify(ids),
  );
  return { count: rows.length, first: rows[0]?.error ?? "" };
}

function toStep(row: z.infer<typeof stepRow>): Step {
  return {
    message: row.message,
    action: row.action,
    observation: row.observation,
    reward: row.reward,
    done: row.done === 1,
    valid: row.valid === 1,
    ...(row.log_probability !== null ? { logProbability: row.log_probability } : {}),
    ...(row.tool_call ? { toolCall: row.tool_call } : {}),
  };
}

/** The ids of the expert trajectories of the training tasks: task by task, then expert by expert. */
export function readTrainingTrajectoryIds(database: Database): string[] {
  const rows = database.all(
    z.object({ trajectory_id: z.string() }),
    `SELECT experts.trajectory_id FROM experts
       JOIN trajectories ON trajectories.id = experts.trajectory_id
       JOIN tasks ON tasks.id = trajectories.task_id
     WHERE experts.purpose = 'training' AND tasks.split = 'train'
     ORDER BY tasks.position, experts.expert, trajectories.id`,
  );
  return rows.map((row) => row.trajectory_id);
}
