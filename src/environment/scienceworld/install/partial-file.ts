import { readdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { processExists } from "../process-exists.ts";

/**
 * The file to which this process downloads `file`. What a process that has ended left there is taken over, so that the download
 * goes on; that of one which still runs is left to it.
 */
export function claimPartialFile(file: string): string {
  const own = `${file}.${process.pid}.partial`;
  const folder = dirname(file);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(basename(file)) || !name.endsWith(".partial")) continue;
    const [, owner] = /\.(\d+)\.partial$/.exec(name) ?? [];
    if (owner !== undefined && processExists(Number(owner))) continue;
    try {
      renameSync(join(folder, name), own);
      break;
    } catch {
      // Another process was faster, or may do here what this one may not.
    }
  }
  return own;
}
