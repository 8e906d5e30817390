import { createHash } from "node:crypto";
import type { Method, MethodContext, SimulationRequest } from "../methods/method.ts";
import { simulationOf } from "../methods/simulation.ts";
import { createRandom, deriveSeed } from "../random.ts";
import type { PolicyReference, TrainingExample } from "../trainer/trainer.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import { type EpisodeTexts, episodeWork } from "./episode-work.ts";
import type { MadeUpEpisodes } from "./made-up-episodes.ts";
import { type Work, workSum } from "./work.ts";

export interface RehearsalOptions extends EpisodeTexts {
  readonly episodes: MadeUpEpisodes;
  readonly tasks: readonly Task[];
  readonly expertTrajectories: readonly Trajectory[];
  /** The mean over all tasks, in [0, 1]. */
  readonly studentWinRate: number;
  readonly evaluationTasks: number;
  /** Whether the student of every iteration is evaluated. */
  readonly everyIteration: boolean;
}

/**
 * Runs methods on dice: their own code asks for simulations and selects examples, but every episode is made up, and fine-tuning
 * only counts. What two methods share is counted once, for the first, as in a run.
 *
 * @returns A function that tells what a method does that none before it had done.
 */
export function createRehearsal(options: RehearsalOptions): (method: Method) => Promise<Work> {
  const done = new Set<string>();
  const chances = new Map(
    options.tasks.map(({ id }) => [id, chanceOfTask(id, options.studentWinRate)] as const),
  );
  return (method) => rehearse(method, options, chances, done);
}

/**
 * The student's chance to win one task: u^((1 - m) / m), u uniform in [0, 1), whose mean over many tasks is m. Were all tasks
 * equally hard, several rollouts would soon have won every one of them, and the iterations after that would find nothing new.
 */
function chanceOfTask(taskId: string, mean: number): number {
  return createRandom(deriveSeed("chance", taskId)).next() ** ((1 - mean) / mean);
}

async function rehearse(
  method: Method,
  options: RehearsalOptions,
  chances: ReadonlyMap<string, number>,
  done: Set<string>,
): Promise<Work> {
  const { tasks, expertTrajectories, systemPrompt, episodes, everyIteration } = options;
  const sum = workSum();
  const once = (key: string, work: () => Partial<Work>) => {
    if (done.has(key)) return;
    done.add(key);
    sum.add(work());
  };
  const evaluate = (policy: PolicyReference) => {
    for (let index = 0; index < options.evaluationTasks; index++) {
      once(`evaluation ${policy.version} ${index}`, () =>
        episodeWork(options, episodes.steps(`evaluation ${index}`)),
      );
    }
  };
  const context: MethodContext = {
    systemPrompt,
    tasks,
    expertTrajectories,
    base: { location: "base", version: "base" },
    simulate: async (policy, requests) =>
      requests.map((request) => {
        const key = [policy.version, ...placeOf(request)].join(" ");
        const trajectory = episodes.simulation(key, request, chances.get(request.task.id) ?? 0);
        const start = request.from?.stateIndex ?? 0;
        once(key, () => episodeWork(options, trajectory.steps.length - start, start));
        return simulationOf(trajectory);
      }),
    fineTune: async (base, examples, iteration) => {
      const version = versionOf(base, examples, iteration);
      once(`fine-tuning ${version}`, () => trainingWork(examples, options.charactersPerToken));
      return { location: version, version };
    },
    recordSelection: async () => {},
    finishIteration: async (iteration, policy) => {
      if (iteration === 0 || everyIteration) evaluate(policy);
    },
  };
  evaluate(await method.run(context));
  return sum.total();
}

function placeOf({ task, from, sample, iteration }: SimulationRequest): (string | number)[] {
  return [task.id, from?.trajectory.id ?? "", from?.stateIndex ?? 0, sample, iteration];
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

/**
 * A fine-tuning's seed follows from its iteration, so that equal examples of two iterations are trained on twice. Short: it is part
 * of the key of every simulation of that student.
 */
function versionOf(base: PolicyReference, examples: readonly TrainingExample[], iteration: number): string {
  const hash = createHash("sha256").update(`${base.version} ${iteration}`);
  for (const { id } of examples) hash.update(` ${id}`);
  return hash.digest("hex").slice(0, 20);
}
