import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** The environment variable by which the processes of one command are known, whoever their parent is by now. */
export const memberVariable = "EEF_SUPERVISED";

/** Whether the system shows what processes there are. Only Linux does, in /proc. */
export const showsProcesses = existsSync("/proc/self/stat");

/** A living process. */
export interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** When it was started, in ticks since the system was. With the id it names a process for good: ids are used again. */
  readonly started: string;
}

export interface Members {
  /**
   * The living processes of the command, those that were found by an earlier look and live on among them. Empty where
   * the system shows no processes.
   */
  look(): ProcessStatus[];
}

/**
 * Follows a command with everything that it starts. One who was started by a member, is in the session of one, or has
 * `EEF_SUPERVISED=<mark>` in its environment is a member, and stays it.
 *
 * None of the three tells alone: torchrun gives each worker a session of its own, a worker whose launcher died has another parent, and
 * a program may be started with an empty environment. One that gets rid of all three between two looks is lost.
 */
export function followMembers(root: number, mark: string): Members {
  const known = new Map<number, string>();
  const strangers = new Map<number, string>();
  const entry = `${memberVariable}=${mark}`;
  return {
    look: () => {
      const living = readProcesses();
      for (const ids of [known, strangers]) {
        for (const [pid, started] of ids) if (living.get(pid)?.started !== started) ids.delete(pid);
      }
      const add = ({ pid, started }: ProcessStatus) => {
        known.set(pid, started);
        strangers.delete(pid);
      };
      for (const status of living.values()) {
        const { pid, started } = status;
        // Who has no mark at first does not get it later: it is handed down.
        if (known.has(pid) || strangers.has(pid)) continue;
        if (pid === root || environmentOf(pid).includes(entry)) add(status);
        else strangers.set(pid, started);
      }
      for (let count = -1; count !== known.size; ) {
        count = known.size;
        const sessions = new Set([...known.keys()].map((pid) => living.get(pid)?.session));
        for (const status of living.values()) {
          if (known.has(status.pid)) continue;
          if (known.has(status.parent) || sessions.has(status.session)) add(status);
        }
      }
      return [...living.values()].filter(({ pid }) => known.has(pid));
    },
  };
}

/** By their ids; without this process and those that have ended and only wait to be fetched by their parents. */
function readProcesses(): Map<number, ProcessStatus> {
  if (!showsProcesses) return new Map();
  const statuses = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => statusOf(Number(name)) ?? []);
  return new Map(statuses.map((status) => [status.pid, status]));
}

/** Of `/proc/PID/stat`, as proc(5) describes it. */
function statusOf(pid: number): ProcessStatus | undefined {
  const text = read(pid, "stat");
  // The second field is the program's name in parentheses, which may hold anything.
  const [state = "", parent, group, session, ...others] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (text === "" || /[ZX]/.test(state)) return undefined;
  // Field 22; the first of the others is field 7.
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    started: others[15] ?? "",
  };
}

function environmentOf(pid: number): string[] {
  return read(pid, "environ").split("\0");
}

/** Empty for a process that has ended, or that belongs to somebody else. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
