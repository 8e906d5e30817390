import { createHash } from "node:crypto";
import type { Method, MethodContext, SimulationRequest } from "../methods/method.ts";
import { createRandom, deriveSeed } from "../random.ts";
import type { PolicyReference, TrainingExample } from "../trainer/trainer.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import type { EpisodeShape } from "./episode-shape.ts";
import { addWork, noWork, type Work } from "./work.ts";

export interface RehearsalOptions {
  readonly tasks: readonly Task[];
  readonly expertTrajectories: readonly Trajectory[];
  readonly systemPrompt: string;
  readonly shape: EpisodeShape;
  readonly studentWinRate: number;
  readonly charactersPerToken: number;
  readonly maximumSteps: number;
  readonly evaluationTasks: number;
  /** Whether the student of every iteration is evaluated. */
  readonly everyIteration: boolean;
}

/** What a method did that none before it had done. */
export interface Rehearsed {
  /** Grows with the number of training tasks. */
  readonly training: Work;
  /** Does not. */
  readonly evaluation: Work;
}

/**
 * Runs methods on dice: their own code asks for simulations and selects examples, but every episode is made up, won at
 * the assumed rate, and fine-tuning only counts. What two methods share is counted once, for the first, as in a run.
 */
export function createRehearsal(options: RehearsalOptions): { rehearse(method: Method): Promise<Rehearsed> } {
  const done = new Set<string>();
  return { rehearse: (method) => rehearse(method, options, done) };
}

async function rehearse(method: Method, options: RehearsalOptions, done: Set<string>): Promise<Rehearsed> {
  const { tasks, expertTrajectories, systemPrompt, shape, everyIteration } = options;
  let training: Work = noWork;
  let evaluation: Work = noWork;
  const once = (key: string, count: () => void) => {
    if (done.has(key)) return;
    done.add(key);
    count();
  };
  const evaluate = (policy: PolicyReference) =>
    once(`evaluation ${policy.version}`, () => {
      for (let index = 0; index < options.evaluationTasks; index++) {
        const steps = stepsFor(`evaluation ${index}`, shape, options.maximumSteps);
        evaluation = addWork(evaluation, episodeWork(options, steps, 0));
      }
    });
  const context: MethodContext = {
    systemPrompt,
    tasks,
    expertTrajectories,
    base: { location: "base", version: "base" },
    simulate: async (policy, requests) =>
      requests.map((request) => {
        const key = [policy.version, ...placeOf(request)].join(" ");
        const trajectory = madeUp(key, request, options);
        const start = request.from?.stateIndex ?? 0;
        once(key, () => {
          training = addWork(training, episodeWork(options, trajectory.steps.length - start, start));
        });
        return trajectory;
      }),
    fineTune: async (base, examples) => {
      const version = hashOf([base.version, ...examples.map(({ id }) => id)]);
      once(`fine-tuning ${version}`, () => {
        training = addWork(training, trainingWork(examples, options.charactersPerToken));
      });
      return { location: version, version };
    },
    recordSelection: async () => {},
    finishIteration: async (iteration, policy) => {
      if (iteration === 0 || everyIteration) evaluate(policy);
    },
  };
  evaluate(await method.run(context));
  return { training, evaluation };
}

function placeOf({ task, from, sample, iteration }: SimulationRequest): (string | number)[] {
  return [task.id, from?.trajectory.id ?? "", from?.stateIndex ?? 0, sample, iteration];
}

/** An episode as long as one of those that were recorded, from a state on. */
function madeUp(key: string, { task, from }: SimulationRequest, options: RehearsalOptions): Trajectory {
  const { shape, maximumSteps, studentWinRate } = options;
  const prefix = from === undefined ? [] : from.trajectory.steps.slice(0, from.stateIndex);
  const steps = Math.max(1, stepsFor(key, shape, maximumSteps) - prefix.length);
  const won = createRandom(deriveSeed("win", key)).chance(studentWinRate);
  return {
    id: hashOf([key]),
    taskId: task.id,
    policy: "made up",
    kind: "simulation",
    seed: 0,
    ...(from === undefined
      ? {}
      : { from: { trajectoryId: from.trajectory.id, stateIndex: from.stateIndex } }),
    initialObservation: from?.trajectory.initialObservation ?? observationOf(shape),
    steps: [...prefix, ...madeUpSteps(key, steps, shape, won ? 1 : 0)],
    reward: won ? 1 : 0,
    stopReason: "done",
    usage: { environmentSteps: steps, promptTokens: 0, generatedTokens: 0, seconds: 0 },
  };
}

/** The trajectory of an expert that has yet to act. */
export function madeUpExpert(
  key: string,
  task: Task,
  {
    shape,
    winRate,
    maximumSteps,
  }: { readonly shape: EpisodeShape; readonly winRate: number; readonly maximumSteps: number },
): Trajectory {
  const won = createRandom(deriveSeed("expert", key)).chance(winRate);
  const steps = stepsFor(key, shape, maximumSteps);
  return {
    id: key,
    taskId: task.id,
    policy: "expert",
    kind: "expert",
    seed: 0,
    initialObservation: observationOf(shape),
    steps: madeUpSteps(key, steps, shape, won ? 1 : 0),
    reward: won ? 1 : 0,
    stopReason: "done",
    usage: { environmentSteps: steps, promptTokens: 0, generatedTokens: 0, seconds: 0 },
  };
}

function madeUpSteps(key: string, count: number, shape: EpisodeShape, reward: number): Trajectory["steps"] {
  const observation = observationOf(shape);
  // No two episodes are the same: methods train on distinct ones.
  const name = hashOf([key]).slice(0, 8);
  return Array.from({ length: count }, (_, index) => {
    const action = `${name} ${index}`;
    const isLast = index === count - 1;
    return {
      message: action.padEnd(shape.messageCharacters),
      action,
      observation,
      reward: isLast ? reward : 0,
      done: isLast,
      valid: true,
    };
  });
}

function observationOf({ observationCharacters }: EpisodeShape): string {
  return "o".repeat(Math.round(observationCharacters));
}

function stepsFor(key: string, { lengths }: EpisodeShape, maximumSteps: number): number {
  return Math.min(maximumSteps, createRandom(deriveSeed("steps", key)).pick(lengths));
}

type Lengths = Pick<RehearsalOptions, "systemPrompt" | "shape" | "charactersPerToken">;

/** One episode of so many steps, after `start` steps of an expert. */
export function episodeWork(
  { systemPrompt, shape, charactersPerToken }: Lengths,
  steps: number,
  start: number,
): Work {
  const system = systemPrompt.length / charactersPerToken;
  const observation = shape.observationCharacters / charactersPerToken;
  const message = shape.messageCharacters / charactersPerToken;
  // The transcript at the student's first turn: system prompt, observations, and the expert's messages between them.
  const first = system + observation * (start + 1) + message * start;
  return {
    ...noWork,
    episodes: 1,
    environmentSteps: steps,
    replayedSteps: start,
    generatedTokens: steps * message,
    newTokens: first + (steps - 1) * observation,
    promptTokens: steps * first + ((steps * (steps - 1)) / 2) * (observation + message),
  };
}

function trainingWork(examples: readonly TrainingExample[], charactersPerToken: number): Partial<Work> {
  let tokens = 0;
  let targetTokens = 0;
  for (const { messages, weights } of examples) {
    const end = weights.findLastIndex((weight) => weight > 0);
    for (const [index, { content }] of messages.slice(0, end + 1).entries()) {
      tokens += content.length / charactersPerToken;
      if ((weights[index] ?? 0) > 0) targetTokens += content.length / charactersPerToken;
    }
  }
  return { fineTunings: 1, examples: examples.length, exampleTokens: tokens, targetTokens };
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
}
