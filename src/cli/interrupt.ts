import process from "node:process";
import { InterruptedError } from "../run/errors.ts";

/**
 * A signal that aborts at the first Ctrl-C (or SIGTERM), so that the run stops cleanly; the second one ends the
 * process at once, which loses no more than the episodes in flight.
 *
 * @param error what the command then ends with; the default tells that what is finished is stored
 */
export function onInterrupt(error = new InterruptedError()): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    console.error("\nStopping … (Ctrl-C again to stop at once)");
    controller.abort(error);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
