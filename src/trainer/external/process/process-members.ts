import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The environment variable by which the processes of one command are known, whoever their parent is by now. */
export const memberVariable = "EEF_SUPERVISED";

/**
 * The living processes whose environment has `EEF_SUPERVISED=<mark>`: a command with everything that it started.
 *
 * Neither the process group nor the parents tell: torchrun gives each worker a session of its own, and a worker whose launcher died
 * has another parent. Only Linux shows environments (in /proc); elsewhere the list is empty.
 */
export function membersOf(mark: string): number[] {
  if (!existsSync("/proc/self/environ")) return [];
  const entry = `${memberVariable}=${mark}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(entry));
}

/** Empty for a process that has ended, or that belongs to somebody else. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return [];
  }
}
