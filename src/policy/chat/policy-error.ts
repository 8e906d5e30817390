import { EefError } from "../../errors.ts";

/**
 * Base of what goes wrong between this program and a policy that runs elsewhere. A rollout records it on the
 * trajectory as `policy-error`; a permanent one ends the run, because every other episode would fail in the same way.
 */
export class PolicyError extends EefError {
  override readonly name: string = "PolicyError";

  get isPermanent(): boolean {
    return false;
  }

  /** Whether the same request may succeed if it is sent again. */
  get isTransient(): boolean {
    return false;
  }
}
