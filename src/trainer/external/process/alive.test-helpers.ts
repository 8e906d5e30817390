import { readFileSync } from "node:fs";

/** Whether a process lives, by its state in /proc. One that has ended and is not yet fetched by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
