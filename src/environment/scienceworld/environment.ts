import type { ReplayDivergedError } from "../../errors.ts";
import { type Split, splitSchema } from "../../trajectory.ts";
import type { Environment, EnvironmentIncident, StartOptions } from "../environment.ts";
import { beginEpisode, type EpisodeSettings, parseSnapshot, type ScienceWorldEpisode } from "./episode.ts";
import { ScienceWorldError } from "./errors.ts";
import { openJar } from "./install/jar-files.ts";
import { checkOptions, scienceWorldOptionsSchema } from "./options.ts";
import { type Simplification, simplificationText } from "./simplifications.ts";
import { defaultHeapMegabytes, type SimulatorOptions, type SimulatorTask } from "./simulator.ts";
import { defaultPoolSize, type Lease, type LeaseOptions, simulatorPool } from "./simulator-pool.ts";
import {
  leakedPairs,
  type ScienceWorldTask,
  selectTasks,
  stepLimitOf,
  type TaskSelection,
} from "./splits.ts";
import { kindOfAction, scienceWorldPrompt } from "./system-prompt.ts";

/** The defaults are the protocol of the agent-tuning papers. */
export interface ScienceWorldOptions extends TaskSelection {
  /** `easy` (the default), or some by name; none is an empty list. */
  readonly simplifications?: "easy" | readonly Simplification[];
  /** Steps that an episode may have: a number for all, or by task (the default). */
  readonly stepLimit?: number | "by-task";
  /** The episode's best score (the default) or its last one; below 0 counts as 0. */
  readonly reward?: "best" | "final";
  /** An episode begins with the task's description (the default), or with that and a look around. */
  readonly opening?: "task" | "task-and-look";
  /** After a move to another room, the observation ends with what one sees there; that costs no step. Default: false. */
  readonly lookOnArrival?: boolean;
  /** Asks after every step what could be done, which may cost more than the step. Default: false. */
  readonly listActions?: boolean;
  /**
   * The most JVMs at once. There are as many as episodes in play, up to this; further episodes wait for one. Each takes
   * its heap and 0.15 GB more. Default: one for each core, as long as they take at most half of the memory.
   */
  readonly simulators?: number;
  /** A jar other than the one that `eef scienceworld install` keeps. */
  readonly jar?: string;
  /** Heap of each JVM in MiB, at least 192. Default: 512. */
  readonly heapMegabytes?: number;
  /** Milliseconds without an answer after which a simulator counts as hung and is replaced. Default: 120,000. */
  readonly silence?: number;
}

/** What became of the states that were reached by loading the task and sending its actions again. */
export interface ReplayCounts {
  readonly reached: number;
  readonly diverged: readonly ReplayDivergedError[];
}

export interface ScienceWorldEnvironment extends Environment<ScienceWorldTask>, AsyncDisposable {
  start(task: ScienceWorldTask, options?: StartOptions): Promise<ScienceWorldEpisode>;
  restore(snapshot: unknown): Promise<ScienceWorldEpisode>;
  actionKind(action: string): string;
  /** The most simulators at once, and so the most episodes. */
  readonly simulators: number;
  /** Held-out tasks that are training tasks too. */
  leaked(): readonly ScienceWorldTask[];
  replays(): ReplayCounts;
  /** Simulators that died or hung, by the task under which they did. */
  incidents(): readonly EnvironmentIncident[];
  /** The simulator's own name of a task, as its experts need it. */
  simulatorTask(task: ScienceWorldTask): SimulatorTask;
  /** A simulator for something else than an episode, such as gold paths. */
  lease(options?: LeaseOptions): Promise<Lease>;
}

/**
 * ScienceWorld (Wang et al. 2022, arXiv 2203.07540), played on its own simulator, which needs Java.
 *
 * Simulators start with the first episode. They end with this process, or when the environment is disposed of; while none
 * works, they do not keep the process alive.
 *
 * @throws ScienceWorldError if the simulator is not installed, ConfigurationError for options that cannot be
 */
export function scienceworld(options: ScienceWorldOptions = {}): ScienceWorldEnvironment {
  checkOptions("scienceworld", scienceWorldOptionsSchema, options);
  const { stepLimit = "by-task", reward = "best", opening = "task" } = options;
  const { lookOnArrival = false, listActions = false } = options;
  const {
    heapMegabytes = defaultHeapMegabytes,
    silence,
    simulators = defaultPoolSize(heapMegabytes),
  } = options;
  const tasks = selectTasks(selectionOf(options));
  const everyTask = splitSchema.options.flatMap((split) => tasks[split]);
  const simplifications = simplificationText(
    options.simplifications ?? "easy",
    everyTask.map(({ task }) => task),
  );
  const jar = openJar(options.jar);
  const simulatorOptions: SimulatorOptions = {
    jar,
    heapMegabytes,
    ...(silence === undefined ? {} : { silence }),
  };
  const pool = simulatorPool(simulators, simulatorOptions);
  const byId = new Map(everyTask.map((task) => [task.id, task]));
  const diverged: ReplayDivergedError[] = [];
  const incidents: EnvironmentIncident[] = [];
  let reached = 0;

  const simulatorTask = ({ task, variation }: ScienceWorldTask): SimulatorTask => ({
    task,
    variation,
    simplifications,
  });
  const settingsOf = (task: ScienceWorldTask): EpisodeSettings => ({
    taskId: task.id,
    task: simulatorTask(task),
    stepLimit: stepLimit === "by-task" ? stepLimitOf(task.task) : stepLimit,
    reward,
    opening,
    lookOnArrival,
    listActions,
    lease: (asked) => pool.lease(asked),
    onLost: (steps, { message }, isReplaced) =>
      incidents.push({
        taskId: task.id,
        what: `${message} That was after ${steps} steps${isReplaced ? ", which were replayed in another one" : "; the episode was given up"}.`,
      }),
    onReplay: (divergence) => {
      if (divergence === undefined) reached += 1;
      else diverged.push(divergence);
    },
  });
  return {
    name: "scienceworld",
    systemPrompt: scienceWorldPrompt,
    describe: () => ({
      splits: options.splits ?? "agent-tuning",
      tasks: countsOf(tasks),
      leaked: leakedPairs(tasks).length,
      simplifications,
      stepLimit,
      reward,
      opening,
      lookOnArrival,
      listActions,
      simulator: jar.version?.version ?? "unknown",
    }),
    tasks: (split) => tasks[split],
    start: (task, options) => beginEpisode(settingsOf(task), undefined, options),
    restore: async (value) => {
      const snapshot = parseSnapshot(value);
      const task = byId.get(snapshot.taskId);
      if (task === undefined) {
        throw new ScienceWorldError(
          `The snapshot is of ${snapshot.taskId}, which this environment does not have.`,
        );
      }
      return await beginEpisode(settingsOf(task), snapshot);
    },
    actionKind: kindOfAction,
    simulators,
    leaked: () => leakedPairs(tasks),
    replays: () => ({ reached, diverged: [...diverged] }),
    simulatorTask,
    incidents: () => [...incidents],
    lease: (asked) => pool.lease(asked),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

function selectionOf({ splits, tasks, variationsPerTask, leaked }: ScienceWorldOptions): TaskSelection {
  return {
    ...(splits === undefined ? {} : { splits }),
    ...(tasks === undefined ? {} : { tasks }),
    ...(variationsPerTask === undefined ? {} : { variationsPerTask }),
    ...(leaked === undefined ? {} : { leaked }),
  };
}

function countsOf(tasks: Readonly<Record<Split, readonly unknown[]>>): Record<Split, number> {
  return { train: tasks.train.length, validation: tasks.validation.length, test: tasks.test.length };
}
