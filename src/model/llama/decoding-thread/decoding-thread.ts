import { Worker } from "node:worker_threads";
import { EefError } from "../../../errors.ts";
import { OutOfMemoryError } from "../../graph/out-of-memory.ts";
import { slotChecks } from "../slot-checks.ts";
import type { DecodingSession, DecodingSessionOptions, LlamaConfiguration, Parameters } from "../types.ts";
import type { OpenMessage, SlotChange, ThreadAnswer, ThreadFailure, ThreadRequest } from "./messages.ts";

/** The program of the thread, which has the ending that this file has: it is compiled where this one is. */
const program = new URL(
  `./worker${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`,
  import.meta.url,
);

/**
 * A decoding session in a thread of its own: the same logits, bit for bit, while this thread's event loop goes on.
 * The parameters are copied into the thread. What an append changes in a slot holds once it has resolved. If the thread
 * ends by itself, appends fail from then on.
 * @param run The thread's program; another one in tests.
 */
export async function createDecodingThread(
  configuration: LlamaConfiguration,
  parameters: Parameters,
  options: Required<DecodingSessionOptions>,
  run = program,
): Promise<DecodingSession> {
  const { maximumSequences } = options;
  const open: OpenMessage = { configuration, parameters, options };
  const worker = new Worker(run, { workerData: open });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const expected: PromiseWithResolvers<ThreadAnswer>[] = [];
  const answered = (): Promise<ThreadAnswer> => {
    const answer = Promise.withResolvers<ThreadAnswer>();
    expected.push(answer);
    // A thread that has nothing to do does not keep the process alive.
    worker.ref();
    return answer.promise.finally(() => expected.length === 0 && worker.unref());
  };
  /** Why nothing can be computed any more. */
  let end: Error | undefined;
  const endWith = (reason: Error) => {
    end ??= reason;
    for (const answer of expected.splice(0)) answer.reject(end);
  };
  worker.on("message", (answer: ThreadAnswer) => expected.shift()?.resolve(answer));
  worker.on("error", (error) => endWith(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", (code) => endWith(new EefError(`the decoding thread has ended with code ${code}`)));

  const opened = await answered();
  if (opened.kind === "failed") {
    await exited;
    throw errorOf(opened.failure);
  }
  const lengths = new Array<number>(maximumSequences).fill(0);
  const lengthOf = (slot: number) => lengths[slot] ?? 0;
  const check = slotChecks(configuration, maximumSequences, lengthOf);
  let changes: SlotChange[] = [];
  const truncate = (slot: number, length: number) => {
    changes.push({ kind: "truncate", slot, length });
    lengths[slot] = length;
  };
  const send = (request: ThreadRequest) => worker.postMessage(request);
  return {
    configuration,
    maximumSequences,
    async append(rows) {
      if (end !== undefined) throw end;
      check.rows(rows);
      send({ kind: "append", changes, rows });
      changes = [];
      const answer = await answered();
      if (answer.kind === "failed") {
        // How much was appended before the failure is not known here.
        for (const { slot } of rows) truncate(slot, lengthOf(slot));
        throw errorOf(answer.failure);
      }
      if (answer.kind !== "logits") throw new TypeError(`the decoding thread answered ${answer.kind}`);
      for (const { slot, tokens } of rows) lengths[slot] = lengthOf(slot) + tokens.length;
      return answer.logits;
    },
    length(slot) {
      check.slot(slot);
      return lengthOf(slot);
    },
    reset(slot) {
      check.slot(slot);
      truncate(slot, 0);
    },
    truncate(slot, length) {
      check.length(slot, length);
      truncate(slot, length);
    },
    copyPrefix(fromSlot, toSlot, length) {
      check.slot(toSlot);
      check.length(fromSlot, length);
      changes.push({ kind: "copyPrefix", fromSlot, toSlot, length });
      lengths[toSlot] = length;
    },
    async [Symbol.asyncDispose]() {
      if (end === undefined) {
        end = new EefError("the decoding session is closed");
        worker.ref();
        send({ kind: "close" });
      }
      await exited;
    },
  };
}

function errorOf({ isOutOfMemory, message, hint }: ThreadFailure): Error {
  const options = hint === undefined ? {} : { hint };
  return isOutOfMemory ? new OutOfMemoryError(message, options) : new Error(message);
}
