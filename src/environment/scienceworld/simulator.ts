import { ScienceWorldError } from "./errors.ts";
import { GatewayConnection } from "./gateway/connection.ts";
import { type JavaProcess, longestStart, startJava } from "./gateway/java-process.ts";
import type { ObjectReference } from "./gateway/protocol.ts";
import { openRandomStream, type RandomStream } from "./gateway/random-stream.ts";
import { silenceOutput, tuneGateway } from "./gateway/tune.ts";
import { number, reference, text } from "./gateway/values.ts";
import type { SimulatorJar } from "./install/jar-files.ts";

/** Enough for every task, and little enough for one JVM a core. */
export const defaultHeapMegabytes = 512;

/** What follows one action. */
export interface SimulatorStep {
  readonly observation: string;
  /** From -1 to 1. A wrong focus is -1, the end of the task is 1. */
  readonly score: number;
  readonly completed: boolean;
}

export interface SimulatorOptions {
  readonly jar: SimulatorJar;
  /** Heap of the JVM in MiB. Without a bound it grows to gigabytes; 160 is too little. */
  readonly heapMegabytes?: number;
  /** Milliseconds that the simulator may go without an answer before it counts as hung. */
  readonly silence?: number;
  readonly java?: string;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/** One variation of a task, as the simulator names it. */
export interface SimulatorTask {
  readonly task: string;
  readonly variation: number;
  /** Comma-separated, or `easy`. */
  readonly simplifications: string;
}

export interface StepOptions {
  /** After a move to another room, the observation ends with a look around it. Costs no step. Default: false. */
  readonly lookOnArrival?: boolean;
}

/** One action longer than this is no action. */
export const longestAction = 1000;

/**
 * One running simulator: a JVM that holds the state of one episode at a time.
 *
 * `load` begins an episode; calls after it are about that episode. Any call throws a SimulatorLostError once the JVM has died or hung.
 */
export interface Simulator extends AsyncDisposable {
  readonly pid: number;
  /** Where its gateway listened; closed since. */
  readonly port: number;
  readonly isLost: boolean;
  /** Begins an episode and looks around, as the Python package's `reset` does. Returns the task and the first sight. */
  load(task: SimulatorTask): Promise<{ readonly description: string; readonly look: string }>;
  step(action: string, options?: StepOptions): Promise<SimulatorStep>;
  /** Many steps at the cost of one round trip. Those after the episode's end are taken too. */
  steps(actions: readonly string[], options?: StepOptions): Promise<SimulatorStep[]>;
  /** Every action that would do something now: hundreds to thousands. Asking changes nothing. */
  validActions(): Promise<string[]>;
  /**
   * Makes the gold path of a task, which takes seconds, and ends the episode. Empty if there is none. The same simulator may make
   * another one for the same task later, or after those of other variations; a fresh one always makes the same.
   */
  goldPath(task: SimulatorTask): Promise<string[]>;
  taskNames(): Promise<string[]>;
  variations(task: string): Promise<number>;
}

/**
 * Starts a simulator. The gateway of the jar has no authentication, so its port is closed to all others as soon as the one connection stands.
 *
 * @throws ScienceWorldError if Java or the simulator does not start; the signal's reason if it aborts
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { jar, heapMegabytes = defaultHeapMegabytes, silence = 120_000, java, signal } = options;
  const process = await startJava({
    jar: jar.file,
    flags: javaFlags(heapMegabytes, jar.version?.needsFixedHashes ?? true),
    ...(java === undefined ? {} : { java }),
    ...(signal === undefined ? {} : { signal }),
  });
  const stop = () => void process[Symbol.asyncDispose]();
  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", stop, { once: true });
    const gateway = await GatewayConnection.open(process.port, longestStart);
    process.onExit((reason) => gateway.lose(reason));
    await tuneGateway(gateway);
    await silenceOutput(gateway);
    const server = await gateway.construct("scienceworld.runtime.pythonapi.PythonInterface");
    const randomStream = await openRandomStream(gateway);
    gateway.silence = silence;
    return createSimulator(process, gateway, server, randomStream);
  } catch (error) {
    await process[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * A JVM that has the machine to itself would collect garbage with a thread for each core; with a JVM for each core two are enough. A
 * JVM without memory ends, because what it would answer after that could be anything.
 */
export function javaFlags(heapMegabytes: number, fixedHashes: boolean): string[] {
  return [
    `-Xmx${heapMegabytes}m`,
    "-XX:+UseParallelGC",
    "-XX:ParallelGCThreads=2",
    "-XX:+ExitOnOutOfMemoryError",
    // Counters for tools that watch JVMs: a file, which would stay where one is killed.
    "-XX:-UsePerfData",
    ...(fixedHashes ? ["-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2"] : []),
  ];
}

function createSimulator(
  process: JavaProcess,
  gateway: GatewayConnection,
  server: ObjectReference,
  randomStream: RandomStream,
): Simulator {
  const load = async ({ task, variation, simplifications }: SimulatorTask, withGoldPath: boolean) => {
    const problem = text(
      await gateway.call(server, "load", task, variation, simplifications, withGoldPath),
    ).trim();
    if (problem !== "") {
      throw new ScienceWorldError(`The simulator does not load ${task}, variation ${variation}: ${problem}`);
    }
  };
  const step = async (
    action: string,
    { lookOnArrival = false }: StepOptions = {},
  ): Promise<SimulatorStep> => {
    assertAction(action);
    const mayMove = lookOnArrival && /^(?:go|teleport) /.test(action);
    const [answer, score, completed, look] = await gateway.calls(server, [
      ["step", action],
      ["getScore"],
      ["getCompleted"],
      ...(mayMove ? [["freeActionLook"] as const] : []),
    ]);
    const observation = text(answer);
    const moved = /^You (?:move|teleport) (?:to|through) /.test(observation);
    return {
      observation: moved && look !== undefined ? `${observation}\n${text(look)}` : observation,
      score: number(score),
      completed: completed === true,
    };
  };
  const list = async (method: string) => await gateway.strings(reference(await gateway.call(server, method)));
  return {
    pid: process.pid,
    port: process.port,
    get isLost() {
      return gateway.isLost;
    },
    load: async (task) => {
      await load(task, false);
      const description = gateway.call(server, "getTaskDescription");
      await Promise.all([gateway.call(server, "reset"), description]);
      const { observation: look } = await step("look around");
      return { description: text(await description), look };
    },
    step,
    steps: (actions, options) => Promise.all(actions.map((action) => step(action, options))),
    // The simulator draws random numbers to list them: asked plainly, it would play on otherwise than if it had not been asked.
    validActions: async () =>
      await gateway.strings(reference(await randomStream.aside(server, "getValidActionObjectCombinations"))),
    goldPath: async (task) => {
      await load(task, true);
      return await list("getGoldActionSequence");
    },
    taskNames: () => list("getTaskNames"),
    variations: async (task) => number(await gateway.call(server, "getTaskMaxVariations", task)),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await process[Symbol.asyncDispose]();
    },
  };
}

/** What a step is answered with that was not sent, because it is no action. */
export const noAction = "That is no action: an action is one line of plain text.";

/** What a policy writes may be anything; only one line of plain text, of at most 1,000 characters, is sent on. */
export function isAction(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.length <= longestAction;
}

function assertAction(action: string): void {
  if (isAction(action)) return;
  throw new ScienceWorldError(
    `An action must be one line of at most ${longestAction} characters without control characters, got ${JSON.stringify(action.slice(0, 80))}.`,
  );
}
