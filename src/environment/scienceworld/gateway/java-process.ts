import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { Socket } from "node:net";
import { resolve } from "node:path";
import process from "node:process";
import { ScienceWorldError } from "../errors.ts";
import { javaCommand, leastJava } from "../java.ts";

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
  /** Where it may write: the simulator leaves a table of object types in its working folder. */
  readonly folder: string;
  /** The Java to start. */
  readonly java?: string;
  /** Gives up the start; the JVM has ended when the reason is thrown. */
  readonly signal?: AbortSignal;
}

/** A JVM on a busy machine takes seconds to start; longer than these milliseconds it does not start at all. */
export const longestStart = 60_000;
const errorTextKept = 2000;

const running = new Set<ChildProcess>();
let endsThem = false;

/** They would end by themselves, a little later. */
function endAllOnExit(): void {
  if (endsThem) return;
  endsThem = true;
  process.on("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });
}

/**
 * Starts a JVM with a py4j gateway on a free port.
 *
 * It cannot outlive this process: it ends when its standard input is closed, which the system does for a process that
 * dies in any way, `kill -9` included. It is in a process group of its own, so that a Ctrl-C in the terminal reaches this process
 * only, which then stops in order. It does not keep this process alive.
 *
 * @throws ScienceWorldError if there is no Java, it is too old, or the jar has no gateway; the signal's reason if it aborts
 */
export async function startJava(options: JavaProcessOptions): Promise<JavaProcess> {
  const { flags, folder, java = javaCommand(), signal } = options;
  signal?.throwIfAborted();
  const jar = resolve(options.jar);
  mkdirSync(folder, { recursive: true });
  const child = spawn(java, [...flags, "-cp", jar, "py4j.GatewayServer", "--die-on-broken-pipe", "0"], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
    cwd: folder,
  });
  running.add(child);
  endAllOnExit();
  const { stdin, stdout, stderr } = child;
  stdin.on("error", () => {}); // The JVM has gone; its exit is noticed.
  let output = "";
  let errors = "";
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      running.delete(child);
      resolve(error.message);
    });
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve(signal === null ? endOf(code) : `Java was ended by ${signal}.`);
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
    child.kill("SIGKILL");
    if (running.has(child)) child.ref();
    await ended;
  };
  const limit = AbortSignal.timeout(longestStart);
  const givenUp = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const first = await Promise.race([
    portLine,
    ended.then(() => undefined),
    once(givenUp, "abort").then(() => undefined),
  ]);
  const port = Number(first);
  if (child.pid === undefined || first === undefined || !(port > 0 && port < 65_536)) {
    const isMissing = child.pid === undefined;
    await stop();
    signal?.throwIfAborted();
    throw isMissing ? missingJava(java, await ended) : failedStart(jar, errors || output);
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

function failedStart(jar: string, output: string): ScienceWorldError {
  const text = output.trim().slice(0, 500) || "it printed nothing";
  if (output.includes("UnsupportedClassVersionError") || output.includes("Unrecognized VM option")) {
    return new ScienceWorldError(`Java cannot run the simulator: ${text}`, {
      hint: `It needs Java ${leastJava} or newer. eef doctor tells which one is found.`,
    });
  }
  return new ScienceWorldError(`The simulator in ${jar} did not start: ${text}`, {
    hint: "Is it ScienceWorld's jar? eef scienceworld install fetches it.",
  });
}
