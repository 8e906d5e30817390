import { createHash } from "node:crypto";
import type { RolloutRequest } from "./executor.ts";

/**
 * The id of an episode: 32 hexadecimal digits from all that determines its course, beside the environment. Equal
 * episodes have equal ids on every machine, so finished work is found again. No method is named in it: a simulation
 * that two methods ask for is one and the same. The sample is named by the seed, which differs for each.
 */
export function rolloutId(rollout: Omit<RolloutRequest, "id">, policyVersion: string): string {
  const { kind, task, from, seed, temperature, maximumSteps } = rollout;
  const start = from === undefined ? null : [from.trajectory.id, from.stateIndex];
  const identity = [kind, task.id, start, policyVersion, seed, temperature, maximumSteps];
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
}
