import { z } from "zod";
import { cloneExpertWins, fineTune } from "./behaviour-cloning.ts";
import { stateWinsSchema } from "./labels.ts";
import type { Method } from "./method.ts";
import { parseMethodOptions, solutionsSchema, temperatureSchema, trainFromSchema } from "./options.ts";
import { addWins } from "./repository.ts";
import { select } from "./selection.ts";
import { explorationRequests, exploreSchema } from "./states.ts";

const optionsSchema = z.strictObject({
  /** `M`: simulated states of each expert trajectory, the initial state not counted. */
  simulatedStates: z.int().min(0).default(5),
  simulationsPerState: z.int().min(1).default(1),
  /** Whether a state of several simulations counts as won if any of them won, or if more than half did. */
  stateWins: stateWinsSchema.default("any"),
  /** `I`: rounds of exploration and fine-tuning after behaviour cloning. */
  iterations: z.int().min(0).default(3),
  /** Sampling temperature of the simulations. */
  temperature: temperatureSchema.default(0.7),
  /** How many wins are trained on for one important state in one iteration; "all" takes every distinct one. */
  solutionsPerImportantState: solutionsSchema.default(1),
  /** Train on the expert's wins in every iteration, even where the student has a win of its own. */
  keepExpertWins: z.boolean().default(true),
  /** What each fine-tuning starts from. */
  trainFrom: trainFromSchema.default("base"),
  /** Which expert trajectories are simulated from. */
  explore: exploreSchema.default("failures"),
  /** Ablation: false masks the expert's actions in front of the student's wins. */
  lossOnExpertActions: z.boolean().default(true),
  /** Ablation: true trains on harmful actions as well. */
  keepHarmfulActions: z.boolean().default(false),
  name: z.string().min(1).default("EEF"),
});
/** All are optional; sources of the defaults: docs/paper.md. */
export type EefOptions = z.input<typeof optionsSchema>;

/**
 * Exploring Expert Failures (arXiv 2504.13145): simulate the student also from states of the expert's failed
 * trajectories, and learn the expert's actions that led to wins.
 */
export function eef(options: EefOptions = {}): Method {
  const { name, iterations, trainFrom, ...exploringAndSelecting } = parseMethodOptions(
    "eef",
    optionsSchema,
    options,
  );
  return {
    name,
    options: { ...exploringAndSelecting, iterations, trainFrom },
    lastIteration: iterations,
    async run(context) {
      const { systemPrompt, tasks, expertTrajectories } = context;

      // 1. Behaviour cloning: D+ := { expert trajectories with R = 1 }, student := SFT(base, D+).
      let { repository, student } = await cloneExpertWins(context);

      for (let iteration = 1; iteration <= iterations; iteration++) {
        // 2. Exploration: simulate the student from every s0, and from s_l, s_2l, ..., s_Ml of the expert's
        //    trajectories; every win joins D+, one from s_kl as the expert's a_0 .. a_{kl-1} and the student's suffix.
        const requests = explorationRequests(tasks, expertTrajectories, iteration, exploringAndSelecting);
        const simulations = await context.simulate(student, requests);
        repository = addWins(repository, simulations, iteration);

        // 3. Selection: w_k -> beneficial and harmful actions, states that need recovery -> important states ->
        //    for each the win in D+ that leaves the expert soonest after it -> targets and masked context.
        const selection = select(
          { systemPrompt, tasks, expertTrajectories, iteration, simulations, repository },
          exploringAndSelecting,
        );
        await context.recordSelection(iteration, selection);

        // 4. Fine-tuning: student := SFT(base, selected).
        const start = trainFrom === "base" ? context.base : student;
        student = await fineTune(context, start, selection.examples, iteration);
        await context.finishIteration(iteration, student);
      }
      return student;
    },
  };
}
