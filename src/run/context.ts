import { existsSync } from "node:fs";
import { z } from "zod";
import { EefError } from "../errors.ts";
import { writePiecesAtomically } from "../files.ts";
import type { MethodContext, SimulationRequest } from "../methods/method.ts";
import type { Selection } from "../methods/selection.ts";
import type { Simulation } from "../methods/simulation.ts";
import { deriveSeed } from "../random.ts";
import type { RolloutRequest } from "../rollout/executor.ts";
import { rolloutId } from "../rollout/identity.ts";
import type { PolicyReference, TrainingExample } from "../trainer/trainer.ts";
import { isWin } from "../trajectory.ts";
import { methodSlug } from "./config.ts";
import { saveMetrics } from "./database/metrics.ts";
import { hasSelection, saveSelection } from "./database/selections.ts";
import {
  countFineTuning,
  type FineTuned,
  isCheckpointTaken,
  readFineTuned,
  saveFineTuning,
  saveIteration,
} from "./database/training.ts";
import { readSimulation } from "./database/trajectories.ts";
import { describeTrainer } from "./describe.ts";
import { HeldOutTaskError } from "./errors.ts";
import { evaluate } from "./evaluation-phase.ts";
import { fineTuningKey, rolloutSeed } from "./identity.ts";
import { addTrainingRemarks } from "./notes.ts";
import { readTrainingTrajectories } from "./read-selections.ts";
import { playBatch } from "./rollouts.ts";
import type { Run } from "./run.ts";

/** Told of the points at which a command that runs a single phase may stop. */
export interface Milestones {
  explored(iteration: number): void;
  selected(iteration: number): void;
  trained(iteration: number): void;
  evaluated(iteration: number): void;
}

/** What a method may use, on top of the run's database. Everything it returns was stored before. */
export function createMethodContext(
  run: Run,
  method: string,
  options: { readonly milestones: Milestones; readonly evaluates: (iteration: number) => boolean },
): MethodContext {
  const { config, trainTasks, base } = run;
  const { milestones, evaluates } = options;
  const isTrainTask = trainingGuard(run);
  return {
    systemPrompt: config.environment.systemPrompt,
    tasks: trainTasks,
    expertTrajectories: readTrainingTrajectories(run.directory),
    base,
    simulate: async (policy, requests) => {
      for (const { task, from } of requests) {
        isTrainTask(task.id, "simulated for training");
        if (from !== undefined) isTrainTask(from.trajectory.taskId, "simulated for training");
      }
      return await simulate(run, method, policy, requests);
    },
    recordSelection: async (iteration, selection) => {
      milestones.explored(iteration);
      for (const example of selection.examples) isTrainTask(example.taskId, "selected for training");
      await recordSelection(run, method, iteration, selection);
      milestones.selected(iteration);
    },
    fineTune: async (from, examples, iteration) => {
      for (const example of examples) isTrainTask(example.taskId, "trained on");
      const policy = await fineTune(run, method, from, examples, iteration);
      milestones.trained(iteration);
      return policy;
    },
    finishIteration: async (iteration, policy) => {
      finishIteration(run, method, iteration, policy);
      if (evaluates(iteration)) await evaluate(run, method, iteration, policy);
      milestones.evaluated(iteration);
    },
  };
}

function trainingGuard({ trainTasks }: Run): (taskId: string, use: string) => void {
  const known = new Set(trainTasks.map((task) => task.id));
  return (taskId, use) => {
    if (!known.has(taskId)) throw new HeldOutTaskError(taskId, use);
  };
}

async function simulate(
  run: Run,
  method: string,
  policy: PolicyReference,
  requests: readonly SimulationRequest[],
): Promise<Simulation[]> {
  const { students } = run;
  const { database } = run.directory;
  const iteration = requests[0]?.iteration ?? 0;
  const rollouts = requests.map((request) => toRollout(run, policy, request));
  await playBatch(run, {
    name: `${method}, iteration ${iteration}, explore`,
    requests: rollouts,
    openPolicy: () => students.open(policy),
  });
  database.transaction(() => {
    for (const [position, { id }] of rollouts.entries()) {
      database.execute(
        `INSERT INTO simulations (method, iteration, position, trajectory_id) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
        method,
        requests[position]?.iteration ?? iteration,
        position,
        id,
      );
    }
  });
  return rollouts.map(({ id, from }) => readSimulation(database, id, from?.trajectory));
}

function toRollout(run: Run, policy: PolicyReference, request: SimulationRequest): RolloutRequest {
  const { task, from, sample, iteration, temperature } = request;
  const state = from === undefined ? ["", 0] : [from.trajectory.id, from.stateIndex];
  const rollout = {
    kind: "simulation",
    task,
    seed: rolloutSeed(run.config.seed, "simulation", [task.id, ...state, sample, iteration]),
    ...(from === undefined ? {} : { from }),
    temperature,
    maximumSteps: run.config.rollout.maximumSteps,
  } as const;
  return { id: rolloutId(rollout, policy.version), ...rollout };
}

async function recordSelection(
  run: Run,
  method: string,
  iteration: number,
  selection: Selection,
): Promise<void> {
  const { directory } = run;
  // The dataset first: where the database knows of a selection, its file is there.
  const file = directory.file("datasets", `${methodSlug(method)}-${iteration}.jsonl`);
  await writePiecesAtomically(file, linesOf(selection.examples));
  if (!hasSelection(directory.database, method, iteration)) {
    saveSelection(directory.database, method, iteration, selection);
  }
}

function* linesOf(examples: readonly TrainingExample[]): Generator<string> {
  for (const example of examples) yield `${JSON.stringify(example)}\n`;
}

async function fineTune(
  run: Run,
  method: string,
  base: PolicyReference,
  examples: readonly TrainingExample[],
  iteration: number,
): Promise<PolicyReference> {
  const { config, directory } = run;
  const { database } = directory;
  const seed = deriveSeed(config.seed, "fine-tuning", iteration);
  const key = fineTuningKey(base.version, examples, describeTrainer(config.trainer), seed);
  const stored =
    readFineTuned(database, key) ?? (await train(run, method, base, examples, iteration, seed, key));
  database.transaction(() => {
    countFineTuning(database, method, iteration, key);
    const losses = stored.losses.map((value, step) => ({ name: "training-loss", step, value }));
    saveMetrics(
      database,
      losses.map((loss) => ({ method, iteration, ...loss })),
    );
  });
  return { location: directory.fromStored(stored.location), version: stored.version };
}

async function train(
  run: Run,
  method: string,
  base: PolicyReference,
  examples: readonly TrainingExample[],
  iteration: number,
  seed: number,
  key: string,
): Promise<FineTuned> {
  const { config, directory, progress, signal, students } = run;
  if (examples.length === 0) throw nothingToTrainOn(method, iteration);
  signal.throwIfAborted();
  await students.close();
  const outputDirectory = checkpointDirectory(run, `${methodSlug(method)}-${iteration}`, key);
  const place = `${method}, iteration ${iteration}`;
  const work = progress.begin(`${place}, fine-tune`);
  try {
    const result = await config.trainer.train({
      base,
      examples,
      seed,
      outputDirectory,
      signal,
      onNote: (text) => progress.note(`${place}: ${text}`),
      onProgress: ({ step, steps, loss }) =>
        work.update(step, {
          total: steps,
          ...(loss === undefined ? {} : { detail: `loss ${loss.toFixed(3)}` }),
        }),
    });
    signal.throwIfAborted();
    const { policy, usage, losses, remarks = [] } = result;
    addTrainingRemarks(
      directory,
      remarks.map((remark) => `${place}: ${remark}`),
    );
    const stored = { location: directory.toStored(policy.location), version: policy.version };
    saveFineTuning(directory.database, {
      key,
      policy: stored,
      baseVersion: base.version,
      seed,
      examples: examples.length,
      ...usage,
      losses,
    });
    return { ...stored, losses };
  } finally {
    work.end();
  }
}

/** `checkpoints/<method>-<iteration>`, or with the key behind it where a method trains twice in an iteration. */
function checkpointDirectory(run: Run, name: string, key: string): string {
  const { directory } = run;
  const plain = directory.file("checkpoints", name);
  const taken = existsSync(plain) && isCheckpointTaken(directory.database, directory.toStored(plain));
  return taken ? directory.file("checkpoints", `${name}-${key.slice(0, 8)}`) : plain;
}

function nothingToTrainOn(method: string, iteration: number): EefError {
  return new EefError(
    `${method} has nothing to train on in iteration ${iteration}: nobody has won a task yet.`,
    {
      hint: "Use a stronger expert, easier tasks, or more of them.",
    },
  );
}

function finishIteration(run: Run, method: string, iteration: number, policy: PolicyReference): void {
  const { database } = run.directory;
  database.transaction(() => {
    const location = run.directory.toStored(policy.location);
    saveIteration(database, method, iteration, { location, version: policy.version });
    saveMetrics(database, iterationMetrics(run, method, iteration));
  });
}

function iterationMetrics(run: Run, method: string, iteration: number) {
  const { database } = run.directory;
  const simulated = database.all(
    z.object({ reward: z.number() }),
    `SELECT t.reward FROM simulations s JOIN trajectories t ON t.id = s.trajectory_id
     WHERE s.method = ? AND s.iteration = ? ORDER BY s.position`,
    method,
    iteration,
  );
  if (simulated.length === 0) return [];
  const wins = simulated.filter(isWin).length;
  return [
    { method, iteration, name: "simulations", step: 0, value: simulated.length },
    { method, iteration, name: "simulation-win-rate", step: 0, value: wins / simulated.length },
  ];
}
