import { readFileSync } from "node:fs";
import { z } from "zod";
import { messageIndexOfAction } from "../methods/examples.ts";
import type { LabelledTrajectory as MethodLabels } from "../methods/labels.ts";
import type {
  ActionUse,
  Budget,
  EvaluationResult,
  ExpertResult,
  LabelledTrajectory,
  RunResults,
  SelectionSummary,
  TaskResult,
  TrajectorySelection,
} from "../report/results.ts";
import { stopReasonSchema } from "../trajectory.ts";
import type { Database } from "./database/database.ts";
import { readSelections, type StoredExample, type StoredSelection } from "./database/selections.ts";
import { readTrajectory } from "./database/trajectories.ts";
import { readIncidents } from "./incidents.ts";
import { describeMishaps, readReplays } from "./mishaps.ts";
import { noExpertWins, readNotes, untrainedMethods } from "./notes.ts";
import type { RunDirectory } from "./run-directory.ts";

const storedConfig = z.object({
  name: z.string(),
  seed: z.number(),
  environment: z.object({ name: z.string(), evaluationTasks: z.string().optional() }),
});

/** Everything that tables and reports say about a run, read from its directory. */
export function readResults(directory: RunDirectory): RunResults {
  const { database } = directory;
  const { name, seed, environment } = storedConfig.parse(
    JSON.parse(readFileSync(directory.file("config.json"), "utf8")),
  );
  const selections = readSelections(database);
  const summaries = selections.map(summarise);
  const replays = readReplays(database);
  const incidents = readIncidents(directory);
  return {
    name,
    seed,
    environment: environment.name,
    ...(environment.evaluationTasks === undefined ? {} : { evaluationTasks: environment.evaluationTasks }),
    experts: readExperts(database),
    evaluations: readEvaluations(database),
    selections: summaries,
    trajectories: readExpertTrajectories(database, selections),
    replays,
    incidents,
    facts: [
      ...readFacts(database),
      ...describeMishaps(replays, incidents),
      ...[...readNotes(directory), ...noExpertWins(database), ...untrainedMethods(summaries)].map(
        (value) => ({
          name: "note",
          value,
        }),
      ),
    ],
  };
}

const taskRow = z.object({
  trajectory_id: z.string(),
  task_id: z.string(),
  reward: z.number(),
  stop_reason: stopReasonSchema,
  task_group: z.string().nullable(),
});

/** Of the table `tasks`, known as `k`. */
const taskGroup = "json_extract(k.data, '$.group') AS task_group";

function readExperts(database: Database): ExpertResult[] {
  const rows = database.all(
    taskRow.extend({ expert: z.string() }),
    `SELECT e.expert, e.trajectory_id, t.task_id, t.reward, t.stop_reason, ${taskGroup} FROM experts e
       JOIN trajectories t ON t.id = e.trajectory_id JOIN tasks k ON k.id = t.task_id
     WHERE e.purpose = 'evaluation' ORDER BY e.expert, k.position`,
  );
  const byExpert = Map.groupBy(rows, (row) => row.expert);
  return [...byExpert].map(([name, of]) => ({
    name,
    perTask: of.map((row) => taskResult(database, row)),
  }));
}

function readEvaluations(database: Database): EvaluationResult[] {
  const rows = database.all(
    z.object({ method: z.string(), iteration: z.number() }),
    "SELECT method, iteration FROM evaluations GROUP BY method, iteration ORDER BY MIN(rowid)",
  );
  return rows.map(({ method, iteration }) => {
    const perTask = database.all(
      taskRow.extend({ policy: z.string() }),
      `SELECT e.trajectory_id, t.task_id, t.reward, t.stop_reason, t.policy, ${taskGroup} FROM evaluations e
         JOIN trajectories t ON t.id = e.trajectory_id JOIN tasks k ON k.id = t.task_id
       WHERE e.method = ? AND e.iteration = ? ORDER BY e.position`,
      method,
      iteration,
    );
    return {
      method,
      iteration,
      policyVersion: perTask[0]?.policy ?? "",
      perTask: perTask.map((row) => taskResult(database, row)),
      budget: readBudget(database, method, iteration),
    };
  });
}

function taskResult(database: Database, row: z.infer<typeof taskRow>): TaskResult {
  const steps = database.all(
    z.object({ action_kind: z.string(), valid: z.number() }),
    "SELECT action_kind, valid FROM steps WHERE trajectory_id = ? ORDER BY position",
    row.trajectory_id,
  );
  const actionKinds: Record<string, number> = {};
  for (const { action_kind } of steps) {
    if (action_kind !== "") actionKinds[action_kind] = (actionKinds[action_kind] ?? 0) + 1;
  }
  return {
    taskId: row.task_id,
    ...(row.task_group === null ? {} : { group: row.task_group }),
    reward: row.reward,
    win: row.reward >= 1,
    steps: steps.length,
    invalidActions: steps.filter((step) => step.valid === 0).length,
    actionKinds,
    stopReason: row.stop_reason,
  };
}

/** What a method spent up to and including an iteration. */
function readBudget(database: Database, method: string, iteration: number): Budget {
  const row = database.first(
    z.object({
      simulations: z.number(),
      environment_steps: z.number(),
      tokens: z.number(),
      seconds: z.number(),
    }),
    `SELECT COALESCE(SUM(simulations), 0) AS simulations, COALESCE(SUM(environment_steps), 0) AS environment_steps,
       COALESCE(SUM(tokens), 0) AS tokens, COALESCE(SUM(seconds), 0.0) AS seconds
     FROM budgets WHERE method = ? AND iteration <= ?`,
    method,
    iteration,
  );
  return {
    simulations: row?.simulations ?? 0,
    environmentSteps: row?.environment_steps ?? 0,
    tokens: row?.tokens ?? 0,
    seconds: row?.seconds ?? 0,
  };
}

function summarise({ method, iteration, trajectories, examples }: StoredSelection): SelectionSummary {
  const labels: Partial<Record<MethodLabels["actions"][number] | "needs-recovery", number>> = {};
  for (const label of trajectories.flatMap((trajectory) => trajectory.actions)) {
    labels[label] = (labels[label] ?? 0) + 1;
  }
  const states = trajectories.flatMap((trajectory) => trajectory.states);
  const recoveries = states.filter((state) => state.needsRecovery).length;
  if (recoveries > 0) labels["needs-recovery"] = recoveries;
  const weights = examples.flatMap(actionWeights);
  const targetActions = weights.filter((weight) => weight !== 0).length;
  return {
    method,
    iteration,
    examples: examples.length,
    targetActions,
    maskedActions: weights.length - targetActions,
    labels,
  };
}

/** The loss weights of an example's actions, in order. */
function actionWeights({ weights }: StoredExample): number[] {
  return weights.filter((_, index) => index >= messageIndexOfAction(0) && index % 2 === 0);
}

function readExpertTrajectories(
  database: Database,
  selections: readonly StoredSelection[],
): LabelledTrajectory[] {
  const labelled = selections.map((selection) => ({
    selection,
    byTrajectory: new Map(selection.trajectories.map((labels) => [labels.trajectoryId, labels])),
    examples: Map.groupBy(selection.examples, (example) => example.origin.expertTrajectoryId),
  }));
  const rows = database.all(
    z.object({ trajectory_id: z.string(), expert: z.string() }),
    `SELECT e.trajectory_id, e.expert FROM experts e
       JOIN trajectories t ON t.id = e.trajectory_id JOIN tasks k ON k.id = t.task_id
     WHERE e.purpose = 'training' ORDER BY k.position, e.expert, t.id`,
  );
  return rows.flatMap(({ trajectory_id, expert }) => {
    const trajectory = readTrajectory(database, trajectory_id);
    if (trajectory === undefined) return [];
    return {
      trajectoryId: trajectory.id,
      taskId: trajectory.taskId,
      expert,
      reward: trajectory.reward,
      win: trajectory.reward >= 1,
      stopReason: trajectory.stopReason,
      initialObservation: trajectory.initialObservation,
      steps: trajectory.steps.map(({ message, action, observation, valid }) => ({
        message,
        action,
        observation,
        valid,
      })),
      selections: labelled.flatMap(({ selection, byTrajectory, examples }) => {
        const labels = byTrajectory.get(trajectory.id);
        return labels === undefined
          ? []
          : trajectorySelection(selection, labels, examples.get(trajectory.id) ?? []);
      }),
    };
  });
}

function trajectorySelection(
  { method, iteration }: StoredSelection,
  labels: MethodLabels,
  examples: readonly StoredExample[],
): TrajectorySelection {
  return {
    method,
    iteration,
    states: labels.states.map(({ stateIndex, simulations, outcome, needsRecovery }) => ({
      stateIndex,
      outcome,
      simulations: simulations.length,
      wins: simulations.filter((simulation) => simulation.outcome === "win").length,
      meanReward:
        simulations.length === 0
          ? 0
          : simulations.reduce((sum, simulation) => sum + simulation.reward, 0) / simulations.length,
      needsRecovery,
    })),
    actions: labels.actions.map((label, action) => ({ label, uses: usesOf(action, examples) })),
  };
}

/** What the examples that begin with an expert trajectory do with one of its actions. */
function usesOf(action: number, examples: readonly StoredExample[]): ActionUse[] {
  return examples
    .filter((example) => action < (example.origin.expertActions ?? 0))
    .flatMap((example) => {
      const index = messageIndexOfAction(action);
      const weight = example.weights[index];
      if (weight === undefined) return [];
      const use = weight === 0 ? "masked" : "target";
      return {
        use,
        exampleId: example.id,
        reason: example.origin.messageReasons?.[index] ?? example.origin.reason,
      } as const;
    });
}

/** Counts for the head of the report: tasks, and how the episodes of each kind ended. */
function readFacts(database: Database): { name: string; value: string }[] {
  const splits = database.all(
    z.object({ split: z.string(), count: z.number() }),
    "SELECT split, COUNT(*) AS count FROM tasks GROUP BY split ORDER BY split DESC",
  );
  const reasons = database.all(
    z.object({ kind: z.string(), stop_reason: z.string(), count: z.number() }),
    `SELECT kind, stop_reason, COUNT(*) AS count FROM trajectories
     GROUP BY kind, stop_reason ORDER BY kind, count DESC, stop_reason`,
  );
  return [
    ...splits.map(({ split, count }) => ({ name: `${split} tasks`, value: String(count) })),
    ...[...Map.groupBy(reasons, (row) => row.kind)].map(([kind, of]) => ({
      name: `${kind} episodes ended by`,
      value: of.map(({ stop_reason, count }) => `${stop_reason} ${count}`).join(", "),
    })),
  ];
}
