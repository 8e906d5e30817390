import { z } from "zod";
import { cloneExpertWins, fineTune } from "./behaviour-cloning.ts";
import type { Method } from "./method.ts";
import { parseMethodOptions, solutionsSchema, temperatureSchema, trainFromSchema } from "./options.ts";
import { addWins } from "./repository.ts";
import { select } from "./selection.ts";

const optionsSchema = z.strictObject({
  /** Simulations from `s0` of every task in every iteration. 6 is EEF's budget at M = 5. */
  rollouts: z.int().min(1).default(1),
  /** `I`: rounds of exploration and fine-tuning after behaviour cloning. */
  iterations: z.int().min(0).default(3),
  /** Sampling temperature of the simulations. */
  temperature: temperatureSchema.default(0.7),
  /** How many wins of one task are trained on in one iteration; "all" keeps every distinct one. */
  solutionsPerTask: solutionsSchema.default(1),
  /** Train on the expert's wins in every iteration, even where the student has a win of its own. */
  keepExpertWins: z.boolean().default(true),
  /** What each fine-tuning starts from. */
  trainFrom: trainFromSchema.default("base"),
  /** "RFT" for one rollout, "RFT x6" for six, if absent. */
  name: z.string().min(1).optional(),
});
/** All are optional; sources of the defaults: docs/paper.md. */
export type RftOptions = z.input<typeof optionsSchema>;

/**
 * Rejection-sampling fine-tuning: simulate from the initial states, keep the wins, fine-tune on them, repeat.
 * It is EEF with M = 0.
 */
export function rft(options: RftOptions = {}): Method {
  const parsed = parseMethodOptions("rft", optionsSchema, options);
  const { rollouts, iterations, temperature, solutionsPerTask, keepExpertWins, trainFrom } = parsed;
  return {
    name: parsed.name ?? (rollouts === 1 ? "RFT" : `RFT x${rollouts}`),
    options: { rollouts, iterations, temperature, solutionsPerTask, keepExpertWins, trainFrom },
    lastIteration: iterations,
    async run(context) {
      const { systemPrompt, tasks, expertTrajectories } = context;

      // 1. Behaviour cloning: D+ := { expert trajectories with R = 1 }, student := SFT(base, D+).
      let { repository, student } = await cloneExpertWins(context);

      for (let iteration = 1; iteration <= iterations; iteration++) {
        // 2. Exploration: simulate the student from every s0; every win joins D+.
        const requests = tasks.flatMap((task) =>
          Array.from({ length: rollouts }, (_, sample) => ({ task, sample, iteration, temperature })),
        );
        const simulations = await context.simulate(student, requests);
        repository = addWins(repository, simulations, iteration);

        // 3. Selection: the initial states are the only important ones, and any win of a task solves its own.
        const selection = select(
          { systemPrompt, tasks, expertTrajectories, iteration, simulations, repository },
          {
            simulatedStates: 0,
            explore: "failures",
            stateWins: "any",
            solutionsPerImportantState: solutionsPerTask,
            keepExpertWins,
            lossOnExpertActions: true,
            keepHarmfulActions: false,
          },
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
