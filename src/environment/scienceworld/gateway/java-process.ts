import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { resolve } from "node:path";
import process from "node:process";
import { ScienceWorldError } from "../errors.ts";
import { findJava, javaCommand, leastJava } from "../java.ts";
import { makeFolder, removeFolder } from "./java-folder.ts";
import { timeLimit } from "./time-limit.ts";

export interface JavaProcess extends AsyncDisposable {
  readonly pid: number;
  /** Where its gateway listens, on 127.0.0.1. */
  readonly port: number;
  /** Called once when it ends, however it ends; at once if it has. `reason` is a sentence. */
  onExit(listener: (reason: string) => void): void;
}

export interface JavaProcessOptions {
  readonly jar: string;
  /** Options of the JVM, before the class path. */
  readonly flags: readonly string[];
  /** The Java to start. */
  readonly java?: string;
  /** Gives up the start; the JVM has ended when the reason is thrown. */
  readonly signal?: AbortSignal;
}

/** A JVM on a busy machine takes seconds to start; longer than these milliseconds it does not start at all. */
export const longestStart = 60_000;
const errorTextKept = 2000;
/** Milliseconds after the end of a process within which its last output is read. */
const lastOutput = 500;

const running = new Set<{ readonly child: ChildProcess; readonly folder: string }>();
let endsThem = false;

/** They would end by themselves, a little later. */
function endAllOnExit(): void {
  if (endsThem) return;
  endsThem = true;
  process.on("exit", () => {
    for (const { child, folder } of running) {
      kill(child);
      removeFolder(folder);
    }
  });
}

/** With all that it started: a `java` may be a script that starts the JVM. */
function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}

/**
 * Starts a JVM with a py4j gateway on a free port, in a new folder of its own, because the simulator leaves a table of object types
 * where it runs.
 *
 * It ends when its standard input is closed, which the system does for a process that dies in any way, `kill -9` included, so it
 * does not outlive this process (unless it was stopped, until it goes on). It is in a process group of its own, so that a Ctrl-C
 * in the terminal reaches this process only, which then stops in order. It does not keep this process alive.
 *
 * @throws ScienceWorldError if there is no Java, it is too old, or the jar has no gateway; the signal's reason if it aborts
 */
export async function startJava(options: JavaProcessOptions): Promise<JavaProcess> {
  const { flags, java = javaCommand(), signal } = options;
  signal?.throwIfAborted();
  const jar = resolve(options.jar);
  const folder = makeFolder();
  const child = spawn(java, [...flags, "-cp", jar, "py4j.GatewayServer", "--die-on-broken-pipe", "0"], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
    cwd: folder,
  });
  const entry = { child, folder };
  running.add(entry);
  endAllOnExit();
  const { stdin, stdout, stderr } = child;
  stdin.on("error", () => {}); // The JVM has gone; its exit is noticed.
  let output = "";
  let errors = "";
  const ended = new Promise<string>((resolve) => {
    let giveUpReading: NodeJS.Timeout | undefined;
    const end = (reason: string) => {
      clearTimeout(giveUpReading);
      running.delete(entry);
      for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
      removeFolder(folder);
      resolve(reason);
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => {
      const reason = signal === null ? endOf(code) : `Java was ended by ${signal}.`;
      child.once("close", () => end(reason));
      // Whom it started may hold its pipes for longer.
      giveUpReading = setTimeout(() => end(reason), lastOutput);
    });
  });
  const portLine = new Promise<string>((resolve) => {
    // Read to the end, or the JVM would hang once the pipe is full.
    stdout.on("data", (chunk: Buffer) => {
      if (output.includes("\n")) return;
      output = `${output}${chunk}`.slice(0, errorTextKept);
      if (output.includes("\n")) resolve(output.slice(0, output.indexOf("\n")));
    });
  });
  stderr.on("data", (chunk: Buffer) => {
    errors = `${errors}${chunk}`.slice(-errorTextKept);
  });

  const stop = async () => {
    stdin.end();
    if (running.has(entry)) {
      child.ref();
      kill(child);
    }
    await ended;
  };
  using timer = timeLimit(longestStart);
  const limit = timer.signal;
  const givenUp = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const first = await Promise.race([
    portLine,
    ended.then(() => undefined),
    once(givenUp, "abort").then(() => undefined),
  ]);
  const port = Number(first);
  if (child.pid === undefined || first === undefined || !(port > 0 && port < 65_536)) {
    const isMissing = child.pid === undefined;
    const hasEnded = !running.has(entry);
    await stop();
    signal?.throwIfAborted();
    if (isMissing) throw missingJava(java, await ended);
    if (limit.aborted) throw hangingJava(java);
    const text = errors || output;
    throw (hasEnded ? await unusableJava(java, text) : undefined) ?? failedStart(jar, java, text);
  }
  child.unref();
  for (const pipe of [stdin, stdout, stderr]) if (pipe instanceof Socket) pipe.unref();
  return {
    pid: child.pid,
    port,
    onExit: (listener) => void ended.then(listener),
    [Symbol.asyncDispose]: stop,
  };
}

/** A JVM that is told to end for lack of memory ends with this code. */
const outOfMemory = 3;

function endOf(code: number | null): string {
  const why = code === outOfMemory ? ": its heap was too small (heapMegabytes)" : "";
  return `Java ended with code ${code}${why}.`;
}

function missingJava(java: string, reason: string): ScienceWorldError {
  return new ScienceWorldError(`Java does not start (${java}: ${reason}).`, {
    hint: `ScienceWorld's simulator needs Java ${leastJava} or newer: install it, or set JAVA_HOME. eef doctor checks it.`,
  });
}

function hangingJava(java: string): ScienceWorldError {
  return new ScienceWorldError(
    `${java} started no simulator within ${longestStart / 1000} seconds, and was ended.`,
    { hint: `Does ${java} -version answer? Another Java can be named by JAVA_HOME.` },
  );
}

function failedStart(jar: string, java: string, output: string): ScienceWorldError {
  const text = textOf(output);
  if (output.includes("UnsupportedClassVersionError") || output.includes("Unrecognized VM option")) {
    return new ScienceWorldError(`Java cannot run the simulator (${java}): ${text}`, {
      hint: `It needs Java ${leastJava} or newer. eef doctor tells which one is found.`,
    });
  }
  return new ScienceWorldError(`The simulator in ${jar} did not start (${java}): ${text}`, {
    hint: "Is it ScienceWorld's jar? eef scienceworld install fetches it.",
  });
}

/** What is wrong with a Java that cannot even tell its version; undefined if it can. */
async function unusableJava(java: string, output: string): Promise<ScienceWorldError | undefined> {
  const found = await findJava(java);
  if (found.version !== undefined) return undefined;
  return new ScienceWorldError(`Java does not work (${java}): ${textOf(output)}`, {
    hint: `${java} -version fails as well: ${found.problem}. Another Java can be named by JAVA_HOME.`,
  });
}

function textOf(output: string): string {
  return output.trim().slice(0, 500) || "it printed nothing";
}
