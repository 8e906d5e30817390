import { spawn } from "node:child_process";
import { extname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { splitLines } from "./line-splitter.ts";
import { type Redaction, redactionOf } from "./redaction.ts";

/** A command line. */
export interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface SupervisedOptions {
  /** The working folder. */
  readonly folder: string;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /** Each line of its output, standard error included. */
  readonly onLine?: (line: string) => void;
  /** Each state of a line, progress bars included. */
  readonly onUpdate?: (text: string) => void;
  /** At every piece of output, whole lines or not. */
  readonly onOutput?: () => void;
  /** What is taken out of lines and their states. Default: the keys that it inherits from this process. */
  readonly redaction?: Redaction;
}

/** A command that is stopped, with all that it started, when it is disposed of or when this process dies. */
export interface SupervisedProcess extends AsyncDisposable {
  /** Settles when all of it has ended. The code is as a shell gives it: 127 if it could not be started, 128 and more for a signal. */
  readonly ended: Promise<number>;
  /** Ends it and waits until nothing of it is left. */
  stop(): Promise<void>;
}

const supervisor = fileURLToPath(
  new URL(`./supervisor${extname(new URL(import.meta.url).pathname)}`, import.meta.url),
);
/** For the supervisor itself to end, after the grace time of the command. */
const supervisorGraceSeconds = 10;
/** For reading what was written before the end. */
const outputGraceMilliseconds = 2000;

/** Starts a command under the supervisor (see supervisor.ts). */
export function startSupervised(command: Command, options: SupervisedOptions): SupervisedProcess {
  const { folder, graceSeconds, onLine = () => {}, onUpdate, onOutput } = options;
  const { redaction = redactionOf({}) } = options;
  const child = spawn(
    process.execPath,
    [supervisor, String(graceSeconds * 1000), command.program, ...command.arguments],
    {
      cwd: folder,
      stdio: ["pipe", "pipe", "pipe"],
      // Ctrl-C in the terminal must reach this process only, which then stops the command in order.
      detached: process.platform !== "win32",
      windowsHide: true,
      env: { ...process.env, ...command.environment },
    },
  );
  child.stdin.on("error", () => {}); // It has ended already.
  for (const stream of [child.stdout, child.stderr]) {
    const lines = splitLines({ onLine, redaction, ...(onUpdate === undefined ? {} : { onUpdate }) });
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      onOutput?.();
      lines.write(chunk);
    });
    stream.on("close", () => lines.end());
  }
  child.once("exit", () => {
    // A process that has got away from the supervisor may keep the outputs open for as long as it lives.
    const timer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, outputGraceMilliseconds);
    child.once("close", () => clearTimeout(timer));
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === null ? 1 : 137)));
  });
  ended.catch(() => {}); // Whoever waits for it is told.
  const stop = async () => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), (graceSeconds + supervisorGraceSeconds) * 1000);
    await ended.catch(() => {});
    clearTimeout(timer);
  };
  return { ended, stop, [Symbol.asyncDispose]: stop };
}
