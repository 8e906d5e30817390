import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../cache-folder.ts";
import { ScienceWorldError } from "../errors.ts";
import { identifyJar, type SimulatorVersion, simulatorVersions } from "../versions.ts";

/** A jar on this machine. */
export interface SimulatorJar {
  readonly file: string;
  /** Absent for a jar that is none of the published ones. */
  readonly version?: SimulatorVersion;
}

/** Where `eef scienceworld install` keeps jars. */
export function jarFolder(): string {
  return join(cacheFolder(), "scienceworld");
}

export function jarFile(version: SimulatorVersion): string {
  return join(jarFolder(), `scienceworld-${version.version}.jar`);
}

/** The newest version that is installed, without looking into the file. */
export function installedJar(): Required<SimulatorJar> | undefined {
  const version = simulatorVersions.find((known) => existsSync(jarFile(known)));
  return version === undefined ? undefined : { file: jarFile(version), version };
}

/**
 * The jar at `file`, or the installed one. Its bytes are hashed, so that a damaged or exchanged jar is noticed before
 * anything is played on it.
 *
 * @throws ScienceWorldError if there is none, or if an installed one is damaged
 */
export function openJar(file?: string): SimulatorJar {
  if (file !== undefined) {
    const version = identifyJar(readJar(file));
    return version === undefined ? { file } : { file, version };
  }
  const installed = installedJar();
  if (installed === undefined) {
    throw new ScienceWorldError("ScienceWorld's simulator is not installed.", {
      hint: "eef scienceworld install fetches it.",
    });
  }
  const { file: kept, version } = installed;
  if (identifyJar(readJar(kept)) !== version) {
    throw new ScienceWorldError(`${kept} is damaged: it is not version ${version.version}.`, {
      hint: hintFor(version),
    });
  }
  return installed;
}

/** Whether this version is installed, and whole. */
export function isInstalled(version: SimulatorVersion): boolean {
  try {
    return identifyJar(readFileSync(jarFile(version))) === version;
  } catch {
    return false;
  }
}

/** Only a version that was published in a wheel can be fetched. */
function hintFor({ wheel }: SimulatorVersion): string {
  if (wheel !== undefined) return "eef scienceworld install fetches it again.";
  const other = simulatorVersions.find(isInstalled);
  const instead =
    other === undefined ? "fetch another version" : `use version ${other.version}, which is whole`;
  return `eef scienceworld install --jar FILE brings it again; delete it to ${instead}.`;
}

function readJar(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new ScienceWorldError(`The jar ${file} cannot be read: ${reason(cause)}`, { cause });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
