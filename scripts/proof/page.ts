import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";

/** A proof's page, printed as it is written, and its folder. */
export interface ProofPage {
  /** The environment's folder of programs. */
  readonly bin: string;
  readonly folder: string;
  say(...lines: readonly string[]): void;
  /** Notes whether a part agrees: the script ends with 1 if one does not. */
  expect(agrees: boolean): void;
}

/**
 * Runs a proof: `node scripts/proof/<name>.ts VENV [OUT.md [FOLDER]]`, where VENV is a Python environment. Without a
 * folder it works in a temporary one, which is removed at a good end.
 * @param needs What the environment must hold, for the message when it is not named.
 */
export async function writeProof(needs: string, prove: (page: ProofPage) => Promise<void>): Promise<void> {
  const [venv, outFile, given] = process.argv.slice(2);
  if (venv === undefined) throw new Error(`Name the folder of a Python environment with ${needs} in it.`);
  const folder = given === undefined ? mkdtempSync(join(tmpdir(), "eef-proof-")) : resolve(given);
  mkdirSync(folder, { recursive: true });
  const written: string[] = [];
  try {
    await prove({
      bin: join(resolve(venv), "bin"),
      folder,
      say: (...lines) => {
        written.push(...lines);
        console.log(lines.join("\n"));
      },
      expect: (agrees) => {
        if (!agrees) process.exitCode = 1;
      },
    });
  } catch (error) {
    console.error(`What was made so far lies in ${folder}.`);
    throw error;
  }
  if (given === undefined) rmSync(folder, { recursive: true });
  if (outFile !== undefined) writeFileSync(outFile, `${written.join("\n")}\n`);
}

/** "TRL 1.16.0, Transformers 5.23.0" */
export function describeVersions(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}
