import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { z } from "zod";
import type { SimulatorJar } from "../../src/environment/scienceworld/install/jar-files.ts";
import { type Simulator, startSimulator } from "../../src/environment/scienceworld/simulator.ts";

export interface RecordedActions {
  readonly task: string;
  readonly variation: number;
  readonly actions: readonly string[];
}

/** Linux counts processor time in hundredths of a second. */
const ticksASecond = 100;

/** `actions` asks after every step what can be done, `steps` does not. */
export type Mode = "steps" | "actions";

const playedSchema = z.object({ steps: z.number(), seconds: z.number(), checksum: z.number() });
/** All episodes once: the time of the steps alone, and a checksum of what was observed. */
export type Played = Readonly<z.infer<typeof playedSchema>>;

/** One way to reach the simulator, with a JVM of its own. */
export interface Player extends AsyncDisposable {
  readonly name: string;
  /** Its processes: the JVM, and whatever speaks to it. */
  pids(): readonly number[];
  play(mode: Mode): Promise<Played>;
}

export async function ourClient(jar: SimulatorJar, episodes: readonly RecordedActions[]): Promise<Player> {
  const simulator = await startSimulator({ jar });
  return {
    name: "our client",
    pids: () => [process.pid, simulator.pid],
    play: (mode) => playAll(simulator, episodes, mode),
    [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose](),
  };
}

/** Our client as a replay uses it: all actions of an episode are sent at once, so no step waits for the answer to the one before. */
export async function ourClientAtOnce(
  jar: SimulatorJar,
  episodes: readonly RecordedActions[],
): Promise<Player> {
  const simulator = await startSimulator({ jar });
  return {
    name: "our client, all actions at once",
    pids: () => [process.pid, simulator.pid],
    play: () => playAtOnce(simulator, episodes),
    [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose](),
  };
}

async function playAtOnce(simulator: Simulator, episodes: readonly RecordedActions[]): Promise<Played> {
  let steps = 0;
  let milliseconds = 0;
  let checksum = 0;
  for (const { actions, ...task } of episodes) {
    await simulator.load({ ...task, simplifications: "easy" });
    const start = performance.now();
    const answers = await simulator.steps(actions);
    milliseconds += performance.now() - start;
    for (const { observation } of answers) checksum = crc32(observation, checksum);
    steps += answers.length;
  }
  return { steps, seconds: milliseconds / 1000, checksum };
}

export async function playAll(
  simulator: Simulator,
  episodes: readonly RecordedActions[],
  mode: Mode,
): Promise<Played> {
  let steps = 0;
  let milliseconds = 0;
  let checksum = 0;
  for (const { actions, ...task } of episodes) {
    await simulator.load({ ...task, simplifications: "easy" });
    for (const action of actions) {
      const start = performance.now();
      const { observation } = await simulator.step(action);
      if (mode === "actions") await simulator.validActions();
      milliseconds += performance.now() - start;
      checksum = crc32(observation, checksum);
      steps += 1;
    }
  }
  return { steps, seconds: milliseconds / 1000, checksum };
}

/** A loop inside the JVM: the simulator's own rate. Needs a JDK, which runs a Java source file. */
export function inJvm(jar: string, episodesFile: string, flags: readonly string[]): Player {
  const source = fileURLToPath(new URL("InJvm.java", import.meta.url));
  return program("inside the JVM", "java", [...flags, "-cp", jar, source, episodesFile]);
}

export function hasJavaCompiler(): boolean {
  return execFileSync("java", ["--list-modules"], { encoding: "utf8" }).includes("jdk.compiler");
}

/** The Python package, with the same options of the JVM. */
export function pythonPackage(python: string, jar: string, file: string, flags: readonly string[]): Player {
  const script = fileURLToPath(new URL("python_package.py", import.meta.url));
  return program("Python package", python, [script, jar, file], { JAVA_TOOL_OPTIONS: flags.join(" ") });
}

function program(name: string, command: string, parameters: readonly string[], environment = {}): Player {
  const child = spawn(command, parameters, {
    stdio: ["pipe", "pipe", "inherit"],
    // The simulator writes a file where it runs.
    cwd: tmpdir(),
    env: { ...process.env, ...environment },
  });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name,
    pids: () => (child.pid === undefined ? [] : [child.pid, ...childrenOf(child.pid)]),
    play: async (mode) => {
      child.stdin.write(`${mode}\n`);
      const { value } = await lines.next();
      if (value === undefined) throw new Error(`${name} (${command}) ended without an answer`);
      return playedSchema.parse(JSON.parse(value));
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

function childrenOf(pid: number): number[] {
  const found = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return found.stdout.split("\n").flatMap((line) => (line.trim() === "" ? [] : Number(line)));
}

/** Seconds of processor time that processes have used; NaN where the system does not tell as Linux does. */
export function processorSeconds(pids: readonly number[]): number {
  try {
    return pids.reduce((sum, pid) => {
      const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
      const [user = "", system = ""] = fields.split(" ").slice(11);
      return sum + (Number(user) + Number(system)) / ticksASecond;
    }, 0);
  } catch {
    return Number.NaN;
  }
}
