import type { Policy } from "../policy/policy.ts";
import { printableLine } from "../report/printable.ts";
import type { RolloutRequest } from "../rollout/executor.ts";
import type { Trajectory } from "../trajectory.ts";
import { findAnswered, hasTrajectory, readPolicyErrors, saveTrajectory } from "./database/trajectories.ts";
import {
  answersNow,
  failuresInARow,
  policyAnswered,
  policyCannotAct,
  policyIsDown,
  watchPolicy,
} from "./outage.ts";
import type { Run } from "./run.ts";

export interface Batch {
  /** For the progress line: "EEF, iteration 1, explore". */
  readonly name: string;
  readonly requests: readonly RolloutRequest[];
  /** Called only if an episode is missing. */
  readonly openPolicy: () => Promise<Policy>;
  /** Who stands as the trajectory's `policy`; the policy's version if absent. */
  readonly actor?: string;
}

/**
 * Plays the episodes that are not in the database yet, storing each as soon as it is finished; afterwards all are there.
 * None is kept in memory: whoever needs them reads them. How many of them ended in an error of the policy is noted.
 * @throws EefError if the policy fails many episodes in a row, or the last ones and does not answer any more, or one for a
 *   reason that would fail all of them (a wrong key); these are not stored, so they will be played again.
 */
export async function playBatch(run: Run, batch: Batch): Promise<void> {
  const { database } = run.directory;
  const isMissing = ({ id }: RolloutRequest) => !hasTrajectory(database, id);
  const distinct = [...new Map(batch.requests.map((request) => [request.id, request])).values()];
  const missing = distinct.filter(isMissing);
  if (missing.length > 0) {
    await playMissing(run, batch, missing, distinct);
    const forgotten = missing.find(isMissing);
    if (forgotten !== undefined) throw new Error(`the executor finished without rollout ${forgotten.id}`);
  }
  notePolicyErrors(run, batch.name, distinct);
}

/** An episode that is over, and its share of the time of the batch. */
interface Finished {
  readonly trajectory: Trajectory;
  readonly seconds: number;
}

interface Failed extends Finished {
  /** When it was noticed, by the watch of the policy. */
  readonly moment: number;
}

async function playMissing(
  run: Run,
  { name, openPolicy, actor }: Batch,
  missing: readonly RolloutRequest[],
  all: readonly RolloutRequest[],
): Promise<void> {
  const { config, directory, executor, progress, signal } = run;
  signal.throwIfAborted();
  const work = progress.begin(name, all.length);
  let done = all.length - missing.length;
  work.update(done);
  const policy = await openPolicy();
  using _ = run.usage.follow(policy);
  const watched = watchPolicy(policy);
  const actionKind = (action: string) => config.environment.actionKind?.(action) ?? "";
  const save = (finished: readonly Finished[]) =>
    directory.database.transaction(() => {
      for (const { trajectory, seconds } of finished) {
        saveTrajectory(directory.database, trajectory, actionKind, seconds);
      }
    });
  // Failures of the policy wait here until it has answered again, and an episode succeeded: a server that is down makes no data.
  let failed: Failed[] = [];
  let inARow = 0;
  try {
    // Episodes overlap, so the time of each is what passed since the one before: their sum is the time of the batch.
    let previous = performance.now();
    for await (const played of executor.run(missing, {
      environment: config.environment,
      policy: watched.policy,
      signal,
    })) {
      // An episode that was cut off by the interruption is not a result.
      if (signal.aborted) break;
      const trajectory = actor === undefined ? played : { ...played, policy: actor };
      const finished = { trajectory, seconds: (performance.now() - previous) / 1000 };
      previous = performance.now();
      if (trajectory.stopReason === "policy-error") {
        failed.push({ ...finished, moment: watched.now() });
        inARow += 1;
        if (trajectory.error?.permanent === true) throw policyCannotAct(policy, trajectory);
        if (inARow >= failuresInARow) throw policyIsDown(policy, inARow, trajectory);
      } else if (policyAnswered(trajectory)) {
        inARow = 0;
        const isData = ({ moment }: Failed) => watched.hasAnsweredSince(moment);
        save([...failed.filter(isData), finished]);
        failed = failed.filter((one) => !isData(one));
      } else {
        save([finished]);
      }
      done += 1;
      work.update(done);
    }
    signal.throwIfAborted();
    await settle(run, policy, all, failed);
    save(failed);
  } finally {
    run.incidents.save();
    work.end();
    for (const remark of policy.remarks?.() ?? []) progress.note(`${name}: ${remark}`);
  }
}

/**
 * Failures at the end of a batch have no later episode to tell whether they are an outage or data of their tasks. So the policy is asked once
 * more, where it has answered before. (Playing the failures alone again could not tell: some tasks fail each time.)
 * @throws EefError if it does not answer, or never has.
 */
async function settle(
  run: Run,
  policy: Policy,
  all: readonly RolloutRequest[],
  failed: readonly Finished[],
): Promise<void> {
  const last = failed.at(-1)?.trajectory;
  if (last === undefined) return;
  const ids = all.map(({ id }) => id);
  const begun = failed.find(({ trajectory }) => trajectory.steps.length > (trajectory.from?.stateIndex ?? 0));
  const answered = findAnswered(run.directory.database, ids) ?? begun?.trajectory.id;
  const known = all.find(({ id }) => id === answered);
  if (known !== undefined && (await answersNow(run, policy, known))) return;
  throw policyIsDown(policy, failed.length, last);
}

function notePolicyErrors({ directory, progress }: Run, name: string, all: readonly RolloutRequest[]): void {
  const ids = all.map(({ id }) => id);
  const { count, first } = readPolicyErrors(directory.database, ids);
  if (count === 0) return;
  const such = printableLine(first, 200);
  progress.note(
    `${name}: ${count} of ${all.length} episodes ended in an error of the policy, the first with ${such}`,
  );
}
