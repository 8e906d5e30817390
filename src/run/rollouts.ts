import { EefError } from "../errors.ts";
import type { Policy } from "../policy/policy.ts";
import type { RolloutRequest } from "../rollout/executor.ts";
import type { Trajectory } from "../trajectory.ts";
import { hasTrajectory, saveTrajectory } from "./database/trajectories.ts";
import type { Run } from "./run.ts";

/** A policy that fails so many episodes in a row is taken to be out of service. */
const failuresInARow = 16;

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
 * None is kept in memory: whoever needs them reads them.
 * @throws EefError if the policy fails many episodes in a row, or one for a reason that would fail all of them (a wrong
 *   key); these are not stored, so they will be played again.
 */
export async function playBatch(run: Run, batch: Batch): Promise<void> {
  const { database } = run.directory;
  const isMissing = ({ id }: RolloutRequest) => !hasTrajectory(database, id);
  const distinct = [...new Map(batch.requests.map((request) => [request.id, request])).values()];
  const missing = distinct.filter(isMissing);
  if (missing.length === 0) return;
  await playMissing(run, batch, missing, distinct.length);
  const forgotten = missing.find(isMissing);
  if (forgotten !== undefined) throw new Error(`the executor finished without rollout ${forgotten.id}`);
}

async function playMissing(
  run: Run,
  { name, openPolicy, actor }: Batch,
  missing: readonly RolloutRequest[],
  total: number,
): Promise<void> {
  const { config, directory, executor, progress, signal } = run;
  signal.throwIfAborted();
  const work = progress.begin(name, total);
  let done = total - missing.length;
  work.update(done);
  const policy = await openPolicy();
  const actionKind = (action: string) => config.environment.actionKind?.(action) ?? "";
  // Failures of the policy wait here until another episode succeeds: a server that is down makes no data.
  let failed: { readonly trajectory: Trajectory; readonly seconds: number }[] = [];
  const save = (finished: typeof failed) =>
    directory.database.transaction(() => {
      for (const { trajectory, seconds } of finished) {
        saveTrajectory(directory.database, trajectory, actionKind, seconds);
      }
    });
  try {
    // Episodes overlap, so the time of each is what passed since the one before: their sum is the time of the batch.
    let previous = performance.now();
    for await (const played of executor.run(missing, {
      environment: config.environment,
      policy,
      signal,
    })) {
      // An episode that was cut off by the interruption is not a result.
      if (signal.aborted) break;
      const trajectory = actor === undefined ? played : { ...played, policy: actor };
      const seconds = (performance.now() - previous) / 1000;
      previous = performance.now();
      if (trajectory.stopReason === "policy-error") {
        failed.push({ trajectory, seconds });
        if (trajectory.error?.permanent === true) throw policyCannotAct(policy, trajectory);
        if (failed.length >= failuresInARow) throw policyIsDown(policy, trajectory);
      } else {
        save([...failed, { trajectory, seconds }]);
        failed = [];
      }
      done += 1;
      work.update(done);
    }
    signal.throwIfAborted();
    save(failed);
  } finally {
    run.incidents.save();
    work.end();
  }
}

function policyIsDown(policy: Policy, { error }: Trajectory): EefError {
  return new EefError(
    `${policy.name} failed ${failuresInARow} episodes in a row, last with ${error?.name ?? "an error"}: ${error?.message ?? ""}`,
    { hint: "Mend its cause and run the same command again: these episodes will be played again." },
  );
}

function policyCannotAct(policy: Policy, { error }: Trajectory): EefError {
  return new EefError(`${policy.name} cannot act: ${error?.message ?? ""}`, {
    hint: "No further episode was tried, because all would fail so. Mend the cause and run the same command again.",
  });
}
