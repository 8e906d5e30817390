import { createHash } from "node:crypto";
import { z } from "zod";
import { ReplayDivergedError } from "../../errors.ts";
import type { Episode, StartOptions, StepResult } from "../environment.ts";
import { ScienceWorldError, SimulatorLostError } from "./errors.ts";
import { isAction, noAction, type Simulator, type SimulatorStep, type SimulatorTask } from "./simulator.ts";
import { type Lease, type LeaseOptions, mostSimulators } from "./simulator-pool.ts";

/** What an episode was told so far; with the task it is the state. */
const snapshotSchema = z.strictObject({
  taskId: z.string(),
  look: z.string(),
  /** A hash of the actions that could be done, where they were asked for. */
  actions: z.string().optional(),
  steps: z
    .array(
      z.strictObject({
        action: z.string(),
        observation: z.string(),
        score: z.number(),
        completed: z.boolean(),
      }),
    )
    .readonly(),
});
export type ScienceWorldSnapshot = Readonly<z.infer<typeof snapshotSchema>>;

export interface ScienceWorldEpisode extends Episode {
  snapshot(): ScienceWorldSnapshot;
  /** Everything that would do something now, hundreds to thousands of actions. May cost more than a step. */
  validActions(): Promise<readonly string[]>;
}

export interface EpisodeSettings {
  readonly taskId: string;
  readonly task: SimulatorTask;
  readonly stepLimit: number;
  readonly reward: "best" | "final";
  readonly opening: "task" | "task-and-look";
  readonly lookOnArrival: boolean;
  readonly listActions: boolean;
  lease(options: LeaseOptions): Promise<Lease>;
  /** Told of every state that was reached by replay, and of every one that was not. */
  onReplay(divergence?: ReplayDivergedError): void;
  /** Told of every simulator that died or hung under the episode, after so many steps, and whether it will be replaced. */
  onLost(steps: number, reason: SimulatorLostError, isReplaced: boolean): void;
}

/** What the simulator says to an action that it cannot read. Nothing moves then. */
const notUnderstood = "No known action matches that input.";

/** @throws ScienceWorldError for anything that is not a snapshot of such an episode */
export function parseSnapshot(value: unknown): ScienceWorldSnapshot {
  const parsed = snapshotSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ScienceWorldError("Expected a snapshot that an episode of ScienceWorld made.");
}

/**
 * Begins an episode, or brings one to the state of a snapshot: the simulator cannot copy a state, so the task is loaded
 * and the actions are sent again. Everything that is answered must be what it was.
 *
 * @throws ReplayDivergedError at the first difference; the signal's reason if it aborts before
 */
export async function beginEpisode(
  settings: EpisodeSettings,
  snapshot?: ScienceWorldSnapshot,
  options: StartOptions = {},
): Promise<ScienceWorldEpisode> {
  const seat = createSeat(settings);
  const ask = async (simulator: Simulator, opening: Opening): Promise<Start> => ({
    ...opening,
    steps: snapshot?.steps ?? [],
    actions: await actionsOf(settings, simulator),
  });
  try {
    const start = await seat.use(snapshot, ask, options);
    return createEpisode(settings, start, seat);
  } catch (error) {
    await seat.giveBack();
    throw error;
  }
}

interface Opening {
  readonly description: string;
  readonly look: string;
}

interface Start extends Opening {
  readonly steps: readonly SnapshotStep[];
  readonly actions: readonly string[] | undefined;
}

/** An episode's place at a simulator. */
interface Seat {
  /**
   * Asks the simulator, which stands in this state (at the task's beginning, if there is none). One that dies or hangs is replaced, and the
   * new one brought to the state; the simulator is deterministic, so nothing of it shows.
   */
  use<T>(
    state: ScienceWorldSnapshot | undefined,
    ask: (simulator: Simulator, opening: Opening) => Promise<T>,
    options?: LeaseOptions,
  ): Promise<T>;
  giveBack(): Promise<void>;
}

function createSeat(settings: EpisodeSettings): Seat {
  let current: { readonly lease: Lease; readonly opening: Opening } | undefined;
  let lost = 0;
  let isClosed = false;

  const sit = async (state: ScienceWorldSnapshot | undefined, options: LeaseOptions) => {
    const lease = await settings.lease(options);
    try {
      const opening = await lease.simulator.load(settings.task);
      if (state !== undefined) await replaySteps(settings, lease.simulator, state, opening.look);
      return { lease, opening };
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
  };
  const giveBack = async () => {
    const { lease } = current ?? {};
    current = undefined;
    await lease?.[Symbol.asyncDispose]();
  };
  return {
    use: async (state, ask, options = {}) => {
      for (;;) {
        if (isClosed) throw new ScienceWorldError(`The episode of ${settings.taskId} was closed.`);
        try {
          current ??= await sit(state, options);
          return await ask(current.lease.simulator, current.opening);
        } catch (error) {
          if (!(error instanceof SimulatorLostError)) throw error;
          await giveBack();
          lost += 1;
          const isLast = lost === mostSimulators;
          settings.onLost(state?.steps.length ?? 0, error, !isLast);
          if (isLast) throw error;
        }
      }
    },
    giveBack: async () => {
      isClosed = true;
      await giveBack();
    },
  };
}

type SnapshotStep = ScienceWorldSnapshot["steps"][number];

function createEpisode(settings: EpisodeSettings, start: Start, seat: Seat): ScienceWorldEpisode {
  const { taskId, stepLimit } = settings;
  const { description, look } = start;
  const steps = [...start.steps];
  let observation =
    steps.at(-1)?.observation ?? (settings.opening === "task" ? description : `${description}\n${look}`);
  let actions = start.actions;
  let actionsHash = hashOf(actions);
  const isOver = () => {
    const last = steps.at(-1);
    return last !== undefined && (last.completed || last.score < 0 || steps.length >= stepLimit);
  };
  const snapshot = (): ScienceWorldSnapshot => ({
    taskId,
    look,
    steps: [...steps],
    ...(actionsHash === undefined ? {} : { actions: actionsHash }),
  });
  const scoreNow = () => steps.at(-1)?.score ?? 0;

  const ask = <T>(question: (simulator: Simulator) => Promise<T>) => seat.use(snapshot(), question);
  const take = async (action: string): Promise<SimulatorStep> => {
    if (!isAction(action)) return { observation: noAction, score: scoreNow(), completed: false };
    return await ask((simulator) => simulator.step(action, settings));
  };

  const episode: ScienceWorldEpisode = {
    get observation() {
      return observation;
    },
    step: async (action): Promise<StepResult> => {
      if (isOver())
        throw new ScienceWorldError(`The episode of ${taskId} is over; it takes no more actions.`);
      const taken = await take(action);
      steps.push({ action, ...taken });
      observation = taken.observation;
      actionsHash = undefined; // Those of the state before.
      actions = await ask((simulator) => actionsOf(settings, simulator));
      actionsHash = hashOf(actions);
      const score = settings.reward === "final" ? taken.score : Math.max(...steps.map((step) => step.score));
      return {
        observation,
        // A score is a sum of fractions; whatever they add up to, the whole is 1.
        reward: Math.max(0, Math.round(1e6 * score) / 1e6),
        done: isOver(),
        valid: observation !== notUnderstood && observation !== noAction,
      };
    },
    snapshot,
    validActions: () => ask((simulator) => simulator.validActions()),
    [Symbol.asyncDispose]: () => seat.giveBack(),
  };
  // An episode that cannot list its actions must not have the property at all.
  return settings.listActions ? Object.defineProperty(episode, "actions", { get: () => actions }) : episode;
}

async function actionsOf(
  settings: EpisodeSettings,
  simulator: Simulator,
): Promise<readonly string[] | undefined> {
  return settings.listActions ? await simulator.validActions() : undefined;
}

function hashOf(actions: readonly string[] | undefined): string | undefined {
  return actions && createHash("sha256").update(actions.join("\n")).digest("hex");
}

async function replaySteps(
  settings: EpisodeSettings,
  simulator: Simulator,
  { look: expectedLook, steps, actions: expectedActions }: ScienceWorldSnapshot,
  look: string,
): Promise<void> {
  const differs = (step: number, expected: string, received: string) => {
    const divergence = new ReplayDivergedError(settings.taskId, step, expected, received);
    settings.onReplay(divergence);
    return divergence;
  };
  if (look !== expectedLook) throw differs(0, expectedLook, look);
  const sent = steps.map((step, index) => ({ step, index })).filter(({ step }) => isAction(step.action));
  const answers = await simulator.steps(
    sent.map(({ step }) => step.action),
    settings,
  );
  for (const [position, { step, index }] of sent.entries()) {
    const { action: _, ...expected } = step;
    const received = answers[position];
    if (received === undefined) throw differs(index + 1, step.observation, "");
    if (received.observation !== expected.observation) {
      throw differs(index + 1, expected.observation, received.observation);
    }
    if (received.score !== expected.score || received.completed !== expected.completed) {
      throw differs(index + 1, `a score of ${expected.score}`, `a score of ${received.score}`);
    }
  }
  if (expectedActions !== undefined && hashOf(await simulator.validActions()) !== expectedActions) {
    throw differs(steps.length, "the same actions to choose from", "others");
  }
  settings.onReplay();
}
