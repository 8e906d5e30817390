/**
 * Episodes that were recorded in another installation of WebShop, brought into ours and through the labelling of EEF:
 * restore the goals, take the recorded actions again, simulate a student from the states, label.
 */
import {
  type Catalogue,
  deriveSeed,
  eef,
  type Goal,
  humanGoals,
  type ImportedTrajectory,
  isWin,
  localExecutor,
  type Policy,
  type RolloutRequest,
  reEnact,
  restoreGoals,
  type Selection,
  type SimulationRequest,
  simulationOf,
  syntheticGoals,
  type Task,
  type Trajectory,
  type WebShopEnvironment,
  webshop,
} from "../../src/index.ts";
import { isAnsweredAlike, showsAllOf } from "./react-page.ts";

/** One recorded episode and what it is in our shop. */
export interface RestoredEpisode {
  readonly recorded: Trajectory;
  readonly task: Task;
  /** The same actions, taken again; can be replayed and simulated from. */
  readonly trajectory: Trajectory;
  /** Index of the recorded action that is not possible here, where the trajectory ends; absent if all are. */
  readonly stoppedAt?: number;
  /** Pages that show in our shop all that the recording shows, and those that do not. The first page counts too. */
  readonly pages: { readonly alike: number; readonly different: number };
}

export interface RestoredEpisodes {
  readonly environment: WebShopEnvironment;
  readonly episodes: readonly RestoredEpisode[];
  readonly counts: {
    readonly recorded: number;
    readonly recordedWins: number;
    readonly restored: number;
    /** Their instruction is that of no goal of this catalogue. */
    readonly unknownGoal: number;
    /** Their instruction fits several goals. */
    readonly ambiguousGoal: number;
    /** Of those not restored: episodes that name at least one product of this catalogue in a page or an action. */
    readonly othersWithAProduct: number;
  };
}

/** What the benchmark takes for "no limit". */
const noPriceLimit = 1_000_000;

/**
 * Finds the goal of each episode by its instruction, among all human and synthetic goals of a catalogue, and takes the
 * actions again in a shop whose goals are the found ones with the recorded words and the recorded price limit: the
 * benchmark draws the limit anew in each installation, and the reward depends on it.
 */
export async function restoreInShop(
  imported: readonly ImportedTrajectory[],
  catalogue: Catalogue,
): Promise<RestoredEpisodes> {
  const goals = [...humanGoals(catalogue), ...syntheticGoals(catalogue)].map((goal, index) => ({
    id: `goal-${index}`,
    instruction: goal.instruction,
    goal,
  }));
  const { restored, unknown, ambiguous } = restoreGoals(imported, goals);
  const instructions = new Map(imported.map(({ trajectory, goal }) => [trajectory.id, goal?.instruction]));
  const found = restored.map(({ trajectory, goal, priceUpper = noPriceLimit }) => {
    const instruction = instructions.get(trajectory.id) ?? goal.instruction;
    return { recorded: trajectory, goal: { ...goal.goal, instruction, priceUpper } };
  });

  // Episodes of one goal are episodes of one task.
  const recordedGoals = new Map<string, Goal>(found.map(({ goal }) => [goal.instruction, goal]));
  const environment = webshop({ catalogue, goals: { train: [...recordedGoals.values()] } });
  const tasks = new Map(environment.tasks("train").map((task) => [task.goal.instruction, task]));
  const episodes: RestoredEpisode[] = [];
  for (const { recorded, goal } of found) {
    const task = tasks.get(goal.instruction);
    if (task === undefined) continue;
    const { trajectory, stoppedAt } = await reEnact({ ...recorded, taskId: task.id }, environment, task);
    const pages = comparePages(recorded, trajectory);
    episodes.push({ recorded, task, trajectory, pages, ...(stoppedAt === undefined ? {} : { stoppedAt }) });
  }

  const restoredIds = new Set(restored.map(({ trajectory }) => trajectory.id));
  const others = imported.map(({ trajectory }) => trajectory).filter(({ id }) => !restoredIds.has(id));
  return {
    environment,
    episodes,
    counts: {
      recorded: imported.length,
      recordedWins: imported.filter(({ trajectory }) => isWin(trajectory)).length,
      restored: restored.length,
      unknownGoal: unknown,
      ambiguousGoal: ambiguous,
      othersWithAProduct: others.filter((episode) => namesAProduct(episode, catalogue)).length,
    },
  };
}

/** Thoughts that stand as steps of their own are not taken again. */
function comparePages(recorded: Trajectory, ours: Trajectory): RestoredEpisode["pages"] {
  const recordedSteps = recorded.steps.filter(({ action }) => !action.startsWith("think["));
  const alike = [
    showsAllOf(recorded.initialObservation, ours.initialObservation),
    ...ours.steps.map((step, index) => {
      const recordedStep = recordedSteps[index];
      return recordedStep !== undefined && isAnsweredAlike(recordedStep, step);
    }),
  ];
  const count = alike.filter(Boolean).length;
  return { alike: count, different: alike.length - count };
}

/** ASINs of the benchmark are ten capital letters and digits. */
function namesAProduct({ steps }: Trajectory, { has }: Catalogue): boolean {
  return steps.some(({ action, observation }) =>
    [...`${action} ${observation}`.matchAll(/\b[A-Z0-9]{10}\b/g)].some(([asin]) => has(asin)),
  );
}

export interface LabellingOptions {
  /** Simulated from every state; it stays as it is. */
  readonly student: Policy;
  /** `M`, states of each failed episode. */
  readonly simulatedStates?: number;
  readonly maximumSteps?: number;
  readonly seed?: number;
}

export interface Labelling {
  readonly simulations: readonly Trajectory[];
  readonly selection: Selection;
}

/**
 * One iteration of the method `eef` itself on the restored episodes, with a student that is given: where the method
 * would fine-tune, the student comes back unchanged.
 */
export async function labelEpisodes(
  { environment, episodes }: Pick<RestoredEpisodes, "environment" | "episodes">,
  options: LabellingOptions,
): Promise<Labelling> {
  const { student, simulatedStates = 5, maximumSteps = 15, seed = 1 } = options;
  const simulations: Trajectory[] = [];
  let selection: Selection = { iteration: 0, trajectories: [], importantStates: [], examples: [] };
  const rolloutOf = ({ task, from, sample, temperature }: SimulationRequest): RolloutRequest => {
    const id = [task.id, from?.trajectory.id ?? "start", from?.stateIndex ?? 0, sample].join("/");
    const place = from === undefined ? {} : { from };
    const common = { id, kind: "simulation", task, temperature, maximumSteps } as const;
    return { ...common, ...place, seed: deriveSeed("imported-episodes", seed, id) };
  };
  await eef({ iterations: 1, simulatedStates }).run({
    systemPrompt: environment.systemPrompt,
    tasks: [...new Map(episodes.map(({ task }) => [task.id, task])).values()],
    expertTrajectories: episodes.map(({ trajectory }) => trajectory),
    base: { location: student.name, version: student.version },
    async simulate(_, requests) {
      const rollouts = requests.map(rolloutOf);
      const order = new Map(rollouts.map(({ id }, index) => [id, index]));
      for await (const trajectory of localExecutor().run(rollouts, { environment, policy: student })) {
        simulations[order.get(trajectory.id) ?? simulations.length] = trajectory;
      }
      return simulations.map(simulationOf);
    },
    fineTune: async (base) => base,
    recordSelection: async (_, recorded) => {
      selection = recorded;
    },
    finishIteration: async () => {},
  });
  return { simulations, selection };
}
