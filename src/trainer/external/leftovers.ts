import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkpointsIn, isBroken } from "./checkpoints.ts";
import { readTrainerState } from "./trainer-state.ts";

/** What earlier sessions of a training left in its output. */
export interface Leftovers {
  /**
   * Whether a directory of the output holds what the present session came to: something was written there since, or it is the checkpoint
   * that the session goes on from, and that is of the last step, so that nothing was left to do.
   */
  isResult(directory: string): boolean;
}

/**
 * Removes from the output of a training what earlier sessions left, but not the checkpoints: a model of a failed session must not be taken for
 * what the next one makes. Of the checkpoints go those after the one to go on from. They are cut off or broken, and a trainer that keeps only
 * the highest numbers would remove its new ones instead.
 */
export function clearLeftovers(output: string, checkpoint: string | undefined): Leftovers {
  if (lstatSync(output, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(output);
  mkdirSync(output, { recursive: true });
  const all = checkpointsIn(output);
  const kept = checkpoint === undefined ? all : all.slice(0, all.indexOf(checkpoint) + 1);
  const checkpoints = new Set(kept.filter((path) => !isBroken(path)));
  for (const name of readdirSync(output)) {
    const path = join(output, name);
    if (!checkpoints.has(path)) rmSync(path, { recursive: true, force: true });
  }
  const before = new Map([...checkpoints].map((path) => [path, fingerprint(path)]));
  return {
    isResult: (directory) =>
      before.get(directory) !== fingerprint(directory) ||
      (directory === checkpoint && readTrainerState(directory)?.isComplete === true),
  };
}

/** Changes with every file that is written, removed or put in the place of another. */
function fingerprint(directory: string): string {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const entries = names.sort().map((name) => {
    const status = statSync(join(directory, name), { bigint: true, throwIfNoEntry: false });
    return `${name} ${status?.ino} ${status?.size} ${status?.mtimeNs}`;
  });
  return entries.join("\n");
}
