import { EefError } from "../../errors.ts";

/** Memory could not be had. What was asked for has not happened; what was there before is as it was. */
export class OutOfMemoryError extends EefError {
  override readonly name = "OutOfMemoryError";
}

/**
 * Does some work; if it fails for want of memory, in JavaScript's arrays or in the tensor engine, throws an
 * OutOfMemoryError that says at what.
 */
export async function explainingMemory<Result>(
  what: string,
  hint: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    const bytes = /requested buffer of size (\d+)/.exec(error.message)?.[1];
    const asked = bytes === undefined ? "" : ` (${(Number(bytes) / 2 ** 20).toFixed(0)} MiB at once)`;
    throw new OutOfMemoryError(`${what}: out of memory${asked}`, { cause: error, hint });
  }
}

function isOutOfMemory(error: unknown): error is Error {
  if (error instanceof RangeError) {
    return /allocation failed|Invalid typed array length: \d+$/.test(error.message);
  }
  return (
    error instanceof Error &&
    !(error instanceof EefError) &&
    /Failed to allocate memory|bad_alloc|bad allocation/.test(error.message)
  );
}
