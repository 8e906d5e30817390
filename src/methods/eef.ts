import { cloneExpertWins, fineTune } from "./behaviour-cloning.ts";
import type { StateWins } from "./labels.ts";
import type { Method } from "./method.ts";
import { integerOption, solutionsOption, temperatureOption } from "./options.ts";
import { addWins } from "./repository.ts";
import { select } from "./selection.ts";
import { type Explore, explorationRequests } from "./states.ts";

export interface EefOptions {
  /** `M`: simulated states of each expert trajectory, the initial state not counted. */
  readonly simulatedStates?: number;
  readonly simulationsPerState?: number;
  /** Whether a state of several simulations counts as won if any of them won, or more than half. */
  readonly stateWins?: StateWins;
  /** `I`: rounds of exploration and fine-tuning after behaviour cloning. */
  readonly iterations?: number;
  /** Sampling temperature of the simulations. */
  readonly temperature?: number;
  /** How many wins are trained on for one important state in one iteration; "all" takes every distinct one. */
  readonly solutionsPerImportantState?: number | "all";
  /** Train on the expert's wins in every iteration, even where the student has a win of its own. */
  readonly keepExpertWins?: boolean;
  /** What each fine-tuning starts from. */
  readonly trainFrom?: "base" | "continue";
  /** Which expert trajectories are simulated from. */
  readonly explore?: Explore;
  /** Ablation: false masks the expert's actions in front of the student's wins. */
  readonly lossOnExpertActions?: boolean;
  /** Ablation: true trains on harmful actions as well. */
  readonly keepHarmfulActions?: boolean;
  readonly name?: string;
}

/**
 * Exploring Expert Failures (arXiv 2504.13145): simulate the student also from states of the expert's failed
 * trajectories, and learn the expert's actions that led to wins. Sources of the defaults: docs/paper.md.
 */
export function eef({
  simulatedStates = 5,
  simulationsPerState = 1,
  stateWins = "any",
  iterations = 3,
  temperature = 0.7,
  solutionsPerImportantState = 1,
  keepExpertWins = false,
  trainFrom = "base",
  explore = "failures",
  lossOnExpertActions = true,
  keepHarmfulActions = false,
  name = "EEF",
}: EefOptions = {}): Method {
  integerOption("simulatedStates", simulatedStates, 0);
  integerOption("simulationsPerState", simulationsPerState, 1);
  integerOption("iterations", iterations, 0);
  temperatureOption(temperature);
  solutionsOption("solutionsPerImportantState", solutionsPerImportantState);
  const exploration = { simulatedStates, simulationsPerState, explore, temperature };
  const selecting = {
    simulatedStates,
    explore,
    stateWins,
    solutionsPerImportantState,
    keepExpertWins,
    lossOnExpertActions,
    keepHarmfulActions,
  };
  return {
    name,
    options: { ...exploration, ...selecting, iterations, trainFrom },
    async run(context) {
      const { systemPrompt, tasks, expertTrajectories } = context;

      // 1. Behaviour cloning: D+ := { expert trajectories with R = 1 }, student := SFT(base, D+).
      let { repository, student } = await cloneExpertWins(context);

      for (let iteration = 1; iteration <= iterations; iteration++) {
        // 2. Exploration: simulate the student from every s0, and from s_l, s_2l, ..., s_Ml of the expert's
        //    trajectories; every win joins D+, one from s_kl as the expert's a_0 .. a_{kl-1} and the student's suffix.
        const requests = explorationRequests(tasks, expertTrajectories, iteration, exploration);
        const simulations = await context.simulate(student, requests);
        repository = addWins(repository, simulations, iteration);

        // 3. Selection: w_k -> beneficial and harmful actions, states that need recovery -> important states ->
        //    for each the win in D+ that leaves the expert soonest after it -> targets and masked context.
        const selection = select(
          { systemPrompt, tasks, expertTrajectories, iteration, simulations, repository },
          selecting,
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
