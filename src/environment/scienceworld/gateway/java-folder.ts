import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { notWritten } from "../../../files.ts";
import { processExists } from "../process-exists.ts";

const prefix = "eef-scienceworld-";
const owned = new RegExp(`^${prefix}(\\d+)-\\w+$`);
/** Milliseconds after which the folder of a process that is not there is left over: processes of another container do not show. */
const oldAge = 3_600_000;

/**
 * A new folder for one JVM to run in, because the simulator writes a table of object types where it runs. Those that killed
 * processes left behind are removed.
 *
 * @throws FileNotWrittenError if there can be no temporary files
 */
export function makeFolder(): string {
  for (const folder of leftFolders()) removeFolder(folder);
  const name = join(tmpdir(), `${prefix}${process.pid}-`);
  try {
    return mkdtempSync(name);
  } catch (error) {
    throw notWritten(error, name);
  }
}

export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It is another user's, or a virus scanner looks into it: a few bytes for the system to clean up.
  }
}

function leftFolders(): string[] {
  try {
    return readdirSync(tmpdir())
      .filter((name) => {
        const [, owner] = owned.exec(name) ?? [];
        return owner !== undefined && !processExists(Number(owner));
      })
      .map((name) => join(tmpdir(), name))
      .filter((folder) => Date.now() - statSync(folder).mtimeMs > oldAge);
  } catch {
    return [];
  }
}
