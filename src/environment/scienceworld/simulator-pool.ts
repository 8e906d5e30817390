import { availableParallelism, totalmem } from "node:os";
import { ScienceWorldError, SimulatorLostError } from "./errors.ts";
import { defaultHeapMegabytes, type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";

/** A simulator for one's own use until it is given back. */
export interface Lease extends AsyncDisposable {
  readonly simulator: Simulator;
}

export interface LeaseOptions {
  /** Gives up waiting, or the start. */
  readonly signal?: AbortSignal;
  /** Only a simulator that has done nothing yet; a used one that is free makes way for it. */
  readonly isFresh?: boolean;
}

/**
 * Simulators for several episodes at once. Each is one JVM with one episode: its state is global, so episodes in one
 * JVM would disturb each other. They start when first needed, so that there are as many as episodes at once, up to the pool's size; who finds
 * none free waits. One that was lost is replaced for the next who asks.
 */
export interface SimulatorPool extends AsyncDisposable {
  /** @throws the signal's reason if it aborts before there is one */
  lease(options?: LeaseOptions): Promise<Lease>;
}

/** Work that loses so many simulators is taken to be their cause. */
export const mostSimulators = 3;

/**
 * Does work that begins with a load on a simulator of its own. Where that one is lost, another one begins it again.
 *
 * @throws SimulatorLostError of the last simulator, where three were lost
 */
export async function onSimulator<T>(
  pool: Pick<SimulatorPool, "lease">,
  work: (simulator: Simulator) => Promise<T>,
  asked: LeaseOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await using lease = await pool.lease(asked);
    try {
      return await work(lease.simulator);
    } catch (error) {
      if (!(error instanceof SimulatorLostError) || attempt === mostSimulators) throw error;
    }
  }
}

/** What a JVM takes besides its heap, in MiB. */
const besidesHeap = 150;

/** One for each core, as long as they take at most half of the memory. */
export function defaultPoolSize(heapMegabytes = defaultHeapMegabytes): number {
  const fitting = Math.floor(totalmem() / 2 / ((heapMegabytes + besidesHeap) * 2 ** 20));
  return Math.max(1, Math.min(availableParallelism(), fitting));
}

export function simulatorPool(size: number, options: Omit<SimulatorOptions, "signal">): SimulatorPool {
  const idle: Simulator[] = [];
  const all = new Set<Simulator>();
  const waiting = new Set<() => void>();
  /** Those that run or are being started. */
  let count = 0;
  let isClosed = false;

  const take = async (asked: LeaseOptions): Promise<Simulator> => {
    for (;;) {
      asked.signal?.throwIfAborted();
      if (isClosed) throw new ScienceWorldError("The environment was closed; it plays no more episodes.");
      const free = idle.pop();
      if (free?.isLost === false && asked.isFresh !== true) return free;
      if (free !== undefined) await discard(free);
      else if (count < size) return await start(asked);
      else await turn(asked);
    }
  };
  /** Until something has changed. */
  const turn = async ({ signal }: LeaseOptions): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    waiting.add(wake);
    signal?.addEventListener("abort", wake);
    await promise;
    signal?.removeEventListener("abort", wake);
    // Who was woken and gives up leaves its turn to another.
    if (!waiting.delete(wake) && signal?.aborted) wakeNext();
  };
  const wakeNext = (): void => {
    const [next] = waiting;
    if (next === undefined) return;
    waiting.delete(next);
    next();
  };
  const start = async (asked: LeaseOptions): Promise<Simulator> => {
    count += 1;
    try {
      const { signal } = asked;
      const simulator = await startSimulator({ ...options, ...(signal === undefined ? {} : { signal }) });
      all.add(simulator);
      if (!isClosed) return simulator;
      await discard(simulator);
      throw new ScienceWorldError("The environment was closed while a simulator started.");
    } catch (error) {
      if (!isClosed) count -= 1;
      wakeNext();
      throw error;
    }
  };
  const discard = async (simulator: Simulator): Promise<void> => {
    await simulator[Symbol.asyncDispose]();
    if (all.delete(simulator)) count -= 1;
  };
  const giveBack = async (simulator: Simulator): Promise<void> => {
    if (simulator.isLost) await discard(simulator);
    else idle.push(simulator);
    wakeNext();
  };
  return {
    lease: async (asked = {}) => {
      const simulator = await take(asked);
      let isReturned = false;
      return {
        simulator,
        [Symbol.asyncDispose]: async () => {
          if (isReturned) return;
          isReturned = true;
          await giveBack(simulator);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      idle.length = 0;
      for (const wake of waiting) wake();
      await Promise.all([...all].map(discard));
    },
  };
}
