import { EefError } from "../../errors.ts";

/**
 * Base of what goes wrong between this program and a policy that runs elsewhere. A rollout records it on the
 * trajectory as `policy-error`; it does not end the run.
 */
export class PolicyError extends EefError {
  override readonly name: string = "PolicyError";
}
