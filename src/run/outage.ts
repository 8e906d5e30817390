import { EefError } from "../errors.ts";
import type { Policy } from "../policy/policy.ts";
import type { RolloutRequest } from "../rollout/executor.ts";
import { rolloutId } from "../rollout/identity.ts";
import type { Trajectory } from "../trajectory.ts";
import type { Run } from "./run.ts";

/** A policy that fails so many episodes in a row is taken to be out of service before the batch is over. */
export const failuresInARow = 16;

/** Whether the policy has answered in this episode, to the end. */
export function policyAnswered({ stopReason, steps, from }: Trajectory): boolean {
  if (stopReason === "policy-error") return false;
  // These are answers of the policy. Other episodes may end before it has a turn.
  if (stopReason === "gave-up" || stopReason === "context-overflow") return true;
  return steps.length > (from?.stateIndex ?? 0);
}

export interface WatchedPolicy {
  /** To be given to the executor in its place. */
  readonly policy: Policy;
  /** A moment of the watch's own clock. */
  now(): number;
  /** Whether it has answered a request that was made after this moment. False if it is asked in another process. */
  hasAnsweredSince(moment: number): boolean;
}

/**
 * Notes when the policy answers. Many episodes are in play: one that has had its last answer may end after others have failed, and
 * tells nothing of the time between.
 */
export function watchPolicy(policy: Policy): WatchedPolicy {
  let clock = 0;
  let lastAnswered = -1;
  return {
    policy: {
      ...policy,
      // Of a class they need not be its own.
      name: policy.name,
      version: policy.version,
      act: async (request) => {
        const asked = clock++;
        const result = await policy.act(request);
        lastAnswered = Math.max(lastAnswered, asked);
        return result;
      },
      // It is opened and closed by others.
      [Symbol.asyncDispose]: async () => {},
    },
    now: () => clock++,
    hasAnsweredSince: (moment) => lastAnswered > moment,
  };
}

/**
 * Whether the policy is in service now: it plays the first turn of an episode in which it has answered before. What it does there is
 * not kept.
 */
export async function answersNow(run: Run, policy: Policy, known: RolloutRequest): Promise<boolean> {
  const { config, executor, signal } = run;
  const oneTurn = { ...known, maximumSteps: (known.from?.stateIndex ?? 0) + 1 };
  const request = { ...oneTurn, id: rolloutId(oneTurn, policy.version) };
  let answered = false;
  for await (const trajectory of executor.run([request], {
    environment: config.environment,
    policy,
    signal,
  })) {
    answered = policyAnswered(trajectory);
  }
  signal.throwIfAborted();
  return answered;
}

export function policyIsDown(policy: Policy, failures: number, { error }: Trajectory): EefError {
  const episodes = failures === 1 ? "its last episode" : `${failures} episodes in a row`;
  const reason = `${error?.name ?? "an error"}: ${error?.message ?? ""}`;
  return new EefError(
    `${policy.name} failed ${episodes} and has not answered since. The last error is ${reason}`,
    {
      hint: "These episodes are not stored. Mend the cause and run the same command again: it plays them again, and goes on.",
    },
  );
}

export function policyCannotAct(policy: Policy, { error }: Trajectory): EefError {
  return new EefError(`${policy.name} cannot act: ${error?.message ?? ""}`, {
    hint: "No further episode was tried, because all would fail so. Mend the cause and run the same command again.",
  });
}
