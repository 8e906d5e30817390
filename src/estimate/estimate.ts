import { z } from "zod";
import type { Method } from "../methods/method.ts";
import type { RunConfig } from "../run/config.ts";
import { type Progress, silentProgress } from "../run/progress.ts";
import { tasksOf } from "../run/tasks.ts";
import type { Task, Trajectory } from "../trajectory.ts";
import { type AssumptionName, type Assumptions, defaultAssumptions, withKnown } from "./assumptions.ts";
import { type Costs, costsOf } from "./costs.ts";
import { assumedShape, knownFrom, measuredShape } from "./episode-shape.ts";
import { episodeWork } from "./episode-work.ts";
import { type MadeUpEpisodes, madeUpEpisodes } from "./made-up-episodes.ts";
import { createRehearsal } from "./rehearsal.ts";
import { sumOfWork, type Work } from "./work.ts";

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
  progress: Progress = silentProgress,
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
  const episodes = madeUpEpisodes(used, config.rollout.maximumSteps);
  const winRate = assumptions["expert-win-rate"].value;
  const toLearnFrom = madeUpExperts(config, episodes, trainTasks, "training", winRate);
  const toCompareWith = madeUpExperts(config, episodes, evaluationTasks, "evaluation", winRate);
  const texts = { systemPrompt: environment.systemPrompt, shape: used, charactersPerToken };
  const expert = sumOfWork(
    [...toLearnFrom, ...toCompareWith].map(({ steps }) => episodeWork(texts, steps.length)),
  );
  const rehearse = createRehearsal({
    ...texts,
    episodes,
    tasks: trainTasks,
    expertTrajectories: [...recordedTrajectories(config, trainTasks), ...toLearnFrom],
    studentWinRate: assumptions["student-win-rate"].value,
    evaluationTasks: evaluationTasks.length,
    everyIteration: config.evaluation.iterations === "all",
  });
  const methods = await rehearseAll(config.methods, rehearse, progress);
  const student = sumOfWork(methods.map(({ work }) => work));
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
      "What two methods share (behaviour cloning, the first simulations) is counted once, for the first of them.",
      "Tasks are taken to differ in how hard they are for the student: its chances lie between 0 and 1, their mean is student-win-rate.",
      ...(environment.name === "webshop" || areWinRatesKnown(config, given)
        ? []
        : [
            `The win rates are those of WebShop, since none of ${environment.name} is known here. They decide how many examples there are: replace them by yours.`,
          ]),
      ...(isHere
        ? [`The trainer ${config.trainer.name} works in this process: eef run says how long it takes.`]
        : []),
    ],
  };
}

/** Whether no default rate is in use: that of the experts only counts where one is yet to act. */
function areWinRatesKnown({ experts }: RunConfig, given: Partial<Record<AssumptionName, number>>): boolean {
  const allRecorded = experts.every((expert) => "trajectories" in expert);
  return "student-win-rate" in given && (allRecorded || "expert-win-rate" in given);
}

/** One after another: what two of them share counts for the first. */
async function rehearseAll(
  methods: readonly Method[],
  rehearse: (method: Method) => Promise<Work>,
  progress: Progress,
): Promise<{ readonly name: string; readonly work: Work }[]> {
  const shown = progress.begin("Rehearsing the methods", methods.length);
  const rehearsed: { name: string; work: Work }[] = [];
  for (const method of methods) {
    shown.update(rehearsed.length, { detail: method.name });
    rehearsed.push({ name: method.name, work: await rehearse(method) });
  }
  shown.update(rehearsed.length);
  shown.end();
  return rehearsed;
}

/** Made-up trajectories of the experts that are yet to act, so many for each task. */
function madeUpExperts(
  { experts }: RunConfig,
  episodes: MadeUpEpisodes,
  tasks: readonly Task[],
  purpose: "training" | "evaluation",
  winRate: number,
): Trajectory[] {
  return experts.flatMap((expert, index) => {
    if ("trajectories" in expert) return [];
    const count = purpose === "training" ? expert.trajectoriesPerTask : 1;
    return tasks.flatMap((task) =>
      Array.from({ length: count }, (_, number) =>
        episodes.expert(`${purpose} ${index} ${number} ${task.id}`, task, winRate),
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
