import { setTimeout } from "node:timers/promises";
import { PolicyError } from "../../../policy/chat/policy-error.ts";
import type { Policy } from "../../../policy/policy.ts";
import { ProgramFailedError } from "../errors.ts";
import type { LogFile } from "../process/log-file.ts";
import type { SupervisedProcess } from "../process/supervised-process.ts";

/** The server that was started for a student has ended by itself. No episode can be played until it is started again. */
export class ServerEndedError extends PolicyError {
  override readonly name = "ServerEndedError";

  override get isPermanent(): boolean {
    return true;
  }
}

/** A connection breaks a moment before the end of the process behind it is known. */
const graceMilliseconds = 3000;

/** The same policy, which says so where it fails because its server has ended by itself. */
export function failingWithServer(policy: Policy, server: SupervisedProcess, log: LogFile): Policy {
  let code: number | undefined;
  const ended = server.ended.then(
    (exit) => {
      code = exit;
    },
    () => {},
  );
  return {
    ...policy,
    act: async (request) => {
      try {
        return await policy.act(request);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (error instanceof PolicyError && error.isTransient) {
          await Promise.race([ended, setTimeout(graceMilliseconds, undefined, { ref: false })]);
        }
        if (code === undefined) throw error;
        throw serverEnded(code, log, error);
      }
    },
  };
}

function serverEnded(code: number, { path, lastLines }: LogFile, cause: unknown): ServerEndedError {
  const problem = `it was started for the student, and has ended by itself, with code ${code}`;
  const { message } = new ProgramFailedError({ program: "server", problem, logFile: path, lastLines });
  return new ServerEndedError(message, { cause });
}
