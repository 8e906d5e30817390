import { EefError } from "../errors.ts";
import type { Trajectory } from "../trajectory.ts";
import type { Executor, ExecutorOptions, RolloutRequest } from "./executor.ts";
import { rollout } from "./rollout.ts";

export interface LocalExecutorOptions {
  /** Episodes in play at once. A policy that answers in batches fills them from these. */
  readonly concurrency?: number;
}

/**
 * Plays episodes in this process, many at once. Those of one task, and among them those of one expert trajectory,
 * start next to each other, so that a policy can share the prefixes of their transcripts.
 *
 * If the signal aborts, the episodes in flight are dropped and the signal's reason is thrown; what was yielded before
 * stays valid. A consumer that stops early has the same effect, without the error.
 */
export function localExecutor({ concurrency = 64 }: LocalExecutorOptions = {}): Executor {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new EefError(`concurrency must be an integer of at least 1, not ${concurrency}`);
  }
  return { run: (requests, options) => run(siblingsTogether(requests), options, concurrency) };
}

/** Grouped by task in order of first appearance, then by expert trajectory, then by state. */
function siblingsTogether(requests: readonly RolloutRequest[]): RolloutRequest[] {
  const byTask = Map.groupBy(requests, (request) => request.task.id);
  return [...byTask.values()].flatMap((ofTask) => {
    const byTrajectory = Map.groupBy(ofTask, (request) => request.from?.trajectory.id);
    return [...byTrajectory.values()].flatMap((siblings) =>
      siblings.toSorted((left, right) => (left.from?.stateIndex ?? 0) - (right.from?.stateIndex ?? 0)),
    );
  });
}

async function* run(
  requests: readonly RolloutRequest[],
  { environment, policy, signal }: ExecutorOptions,
  concurrency: number,
): AsyncGenerator<Trajectory> {
  const stopped = new AbortController();
  const inFlightSignal = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
  const inFlight = new Set<Promise<void>>();
  // A race of all episodes in flight would attach as many reactions to each of them again and again: so each reports by itself.
  const finished: Trajectory[] = [];
  let failure: { readonly error: unknown } | undefined;
  let reported = Promise.withResolvers<void>();
  const start = (request: RolloutRequest) => {
    const episode = rollout(request, { environment, policy, signal: inFlightSignal })
      .then(
        (trajectory) => void finished.push(trajectory),
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .then(() => {
        inFlight.delete(episode);
        reported.resolve();
      });
    inFlight.add(episode);
  };
  let next = 0;
  try {
    while (next < requests.length || inFlight.size > 0 || finished.length > 0 || failure !== undefined) {
      signal?.throwIfAborted();
      while (inFlight.size + finished.length < concurrency) {
        const request = requests[next];
        if (request === undefined) break;
        next += 1;
        start(request);
      }
      const trajectory = finished.shift();
      if (trajectory !== undefined) yield trajectory;
      else if (failure !== undefined) throw failure.error;
      else {
        await reported.promise;
        reported = Promise.withResolvers();
      }
    }
  } finally {
    // Whether an error, an abort or a consumer that has enough: no episode is left open behind.
    stopped.abort();
    await Promise.all(inFlight);
  }
}
