/** The other side of `createDecodingThread`: a decoding session that does what the messages of its parent say. */
import { parentPort, workerData } from "node:worker_threads";
import { EefError } from "../../../errors.ts";
import { OutOfMemoryError } from "../../graph/out-of-memory.ts";
import { createDecodingSession } from "../decoding.ts";
import type { DecodingSession } from "../types.ts";
import type { AppendRequest, OpenMessage, ThreadAnswer, ThreadFailure, ThreadRequest } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("this file is the program of a worker thread");

const answer = (message: ThreadAnswer): void =>
  port.postMessage(message, message.kind === "logits" ? [message.logits.buffer] : []);

const failureOf = (error: unknown): ThreadFailure => ({
  isOutOfMemory: error instanceof OutOfMemoryError,
  message: error instanceof Error ? error.message : String(error),
  hint: error instanceof EefError ? error.hint : undefined,
});

async function open(): Promise<void> {
  const { configuration, parameters, options }: OpenMessage = workerData;
  const session = await createDecodingSession(configuration, parameters, options);
  answer({ kind: "open" });
  // Requests are answered in turn, although each takes several turns of the event loop.
  let last = Promise.resolve();
  port?.on("message", (request: ThreadRequest) => {
    last = last.then(() => perform(session, request));
  });
}

async function perform(session: DecodingSession, request: ThreadRequest): Promise<void> {
  try {
    if (request.kind === "close") await session[Symbol.asyncDispose]();
    else answer({ kind: "logits", logits: await append(session, request) });
  } catch (error) {
    answer({ kind: "failed", failure: failureOf(error) });
  }
  if (request.kind === "close") port?.close();
}

function append(
  session: DecodingSession,
  { changes, rows }: AppendRequest,
): Promise<Float32Array<ArrayBuffer>> {
  for (const change of changes) {
    if (change.kind === "truncate") session.truncate(change.slot, change.length);
    else session.copyPrefix(change.fromSlot, change.toSlot, change.length);
  }
  return session.append(rows);
}

await open().catch((error: unknown) => answer({ kind: "failed", failure: failureOf(error) }));
