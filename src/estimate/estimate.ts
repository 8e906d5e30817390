import { z } from "zod";
import type { RunConfig } from "../run/config.ts";
import { tasksOf } from "../run/tasks.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import { type AssumptionName, type Assumptions, defaultAssumptions, withKnown } from "./assumptions.ts";
import { type Costs, costsOf } from "./costs.ts";
import { assumedShape, type EpisodeShape, knownFrom, measuredShape } from "./episode-shape.ts";
import { createRehearsal, episodeWork, madeUpExpert } from "./rehearsal.ts";
import { addWork, noWork, scaleWork, type Work } from "./work.ts";

export interface Estimate {
  readonly name: string;
  readonly trainTasks: number;
  readonly evaluationTasks: number;
  /** Of the experts that are yet to act. */
  readonly expert: Work;
  /** Of each method, what none before it had done. */
  readonly methods: readonly { readonly name: string; readonly work: Work }[];
  /** Of the student in all methods. */
  readonly student: Work;
  /** Absent for a student that learns in this process: `eef run` says how long that takes. */
  readonly costs?: Costs;
  readonly assumptions: Assumptions;
  /** What the reader should know, in sentences. */
  readonly notes: readonly string[];
}

/** Methods are rehearsed on so many tasks; the rest is in proportion. */
const rehearsedTasks = 400;

const trainerSchema = z.looseObject({ epochs: z.number().optional(), gpus: z.number().optional() });

/**
 * What a run will take, before it is run: episodes, steps and tokens from a rehearsal of its methods, and from them
 * hours and costs. Everything that is not known of the configuration is an assumption.
 *
 * @param given Assumptions that replace the others.
 * @throws ConfigurationError if the run itself would be refused for its tasks.
 */
export async function estimateRun(
  config: RunConfig,
  given: Partial<Record<AssumptionName, number>> = {},
): Promise<Estimate> {
  const { environment } = config;
  const shape = measuredShape(config.experts);
  const described = trainerSchema.safeParse(config.trainer.describe?.() ?? {});
  const { epochs, gpus } = described.success ? described.data : {};
  let assumptions: Assumptions = withKnown(defaultAssumptions, { epochs, gpus }, "the trainer's settings");
  const charactersPerToken = given["characters-per-token"] ?? assumptions["characters-per-token"].value;
  if (shape !== undefined) {
    assumptions = withKnown(
      assumptions,
      knownFrom(shape, charactersPerToken),
      "measured on the recorded experts",
    );
  }
  assumptions = withKnown(assumptions, given, "given");
  const isShapeGiven = (["episode-steps", "observation-tokens", "message-tokens"] as const).some(
    (name) => name in given,
  );
  const used = shape === undefined || isShapeGiven ? assumedShape(assumptions) : shape;

  const { trainTasks, evaluationTasks } = tasksOf(config);
  const sample = spread(trainTasks, rehearsedTasks);
  const factor = trainTasks.length / sample.length;
  const winRate = assumptions["expert-win-rate"].value;
  const madeUp = (tasks: readonly Task[], purpose: "training" | "evaluation") =>
    madeUpExperts(config, tasks, purpose, used, winRate);
  const toLearnFrom = madeUp(sample, "training");
  const lengths = { systemPrompt: environment.systemPrompt, shape: used, charactersPerToken };
  const workOf = (trajectories: readonly Trajectory[]) =>
    addWork(noWork, ...trajectories.map(({ steps }) => episodeWork(lengths, steps.length, 0)));
  const expert = addWork(
    scaleWork(workOf(toLearnFrom), factor),
    workOf(madeUp(evaluationTasks, "evaluation")),
  );
  const { rehearse } = createRehearsal({
    ...lengths,
    tasks: sample,
    expertTrajectories: [...recordedTrajectories(config, sample), ...toLearnFrom],
    studentWinRate: assumptions["student-win-rate"].value,
    maximumSteps: config.rollout.maximumSteps,
    evaluationTasks: evaluationTasks.length,
    everyIteration: config.evaluation.iterations === "all",
  });
  const methods: { name: string; work: Work }[] = [];
  for (const method of config.methods) {
    const { training, evaluation } = await rehearse(method);
    methods.push({ name: method.name, work: addWork(scaleWork(training, factor), evaluation) });
  }
  const student = addWork(noWork, ...methods.map(({ work }) => work));
  const isHere = config.trainer.prepare === undefined;
  return {
    name: config.name,
    trainTasks: trainTasks.length,
    evaluationTasks: evaluationTasks.length,
    expert,
    methods,
    student,
    ...(isHere ? {} : { costs: costsOf(student, expert, assumptions) }),
    assumptions,
    notes: [
      ...(factor > 1
        ? [
            `The methods were rehearsed on ${sample.length} of ${trainTasks.length} training tasks; the rest is in proportion.`,
          ]
        : []),
      "What two methods share (behaviour cloning, the first simulations) is counted once, for the first of them.",
      ...(isHere
        ? [`The trainer ${config.trainer.name} works in this process: eef run says how long it takes.`]
        : []),
    ],
  };
}

/** So many of them, evenly spread: tasks of one kind often stand together. */
function spread(tasks: readonly Task[], count: number): readonly Task[] {
  if (tasks.length <= count) return tasks;
  return Array.from(
    { length: count },
    (_, index) => tasks[Math.floor((index * tasks.length) / count)],
  ).filter((task) => task !== undefined);
}

/** Made-up trajectories of the experts that are yet to act, so many for each task. */
function madeUpExperts(
  { experts, rollout }: RunConfig,
  tasks: readonly Task[],
  purpose: "training" | "evaluation",
  shape: EpisodeShape,
  winRate: number,
): Trajectory[] {
  return experts.flatMap((expert, index) => {
    if ("trajectories" in expert) return [];
    const count = purpose === "training" ? expert.trajectoriesPerTask : 1;
    return tasks.flatMap((task) =>
      Array.from({ length: count }, (_, number) =>
        madeUpExpert(`${purpose} ${index} ${number} ${task.id}`, task, {
          shape,
          winRate,
          maximumSteps: rollout.maximumSteps,
        }),
      ),
    );
  });
}

function recordedTrajectories({ experts }: RunConfig, tasks: readonly Task[]): Trajectory[] {
  const ids = new Set(tasks.map(({ id }) => id));
  return experts.flatMap((expert) =>
    "trajectories" in expert ? expert.trajectories.filter(({ taskId }) => ids.has(taskId)) : [],
  );
}
