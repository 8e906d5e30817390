import type { Policy } from "../policy/policy.ts";
import type { PolicyReference, Trainer } from "../trainer/trainer.ts";

/** Keeps at most one student open: each may hold a model in memory. */
export interface Students extends AsyncDisposable {
  open(reference: PolicyReference): Promise<Policy>;
  /** Closes the open student, if there is one. */
  close(): Promise<void>;
}

/** @param signal That of the run: it also stops the opening of a student. */
export function createStudents(trainer: Trainer, signal: AbortSignal): Students {
  let current: { readonly version: string; readonly policy: Policy } | undefined;
  const close = async () => {
    const closing = current;
    current = undefined;
    await closing?.policy[Symbol.asyncDispose]();
  };
  return {
    open: async (reference) => {
      if (current?.version === reference.version) return current.policy;
      await close();
      const policy = await trainer.open(reference, { signal });
      current = { version: reference.version, policy };
      return policy;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
