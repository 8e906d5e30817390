import { ConfigurationError, InvalidFileError } from "../errors.ts";
import type { ImportedTrajectory, TrajectoryFormat } from "./format.ts";
import { readJsonLines } from "./json-lines.ts";
import { nativeFormat } from "./native.ts";
import { webShopHumanFormat } from "./webshop-human.ts";
import { webShopReactFormat } from "./webshop-react.ts";

/** Every format that can be read, in the order in which they are tried. */
export const trajectoryFormats: readonly TrajectoryFormat[] = [
  nativeFormat,
  webShopReactFormat,
  webShopHumanFormat,
];

export interface ReadTrajectoriesOptions {
  /** Name of a format; recognised from the first line if absent. */
  readonly format?: string;
  /** Replaces the name of who acted. */
  readonly policy?: string;
}

/**
 * Reads a file of trajectories in any known format, one at a time. A file without lines holds none.
 *
 * Throws a ConfigurationError for an unknown format's name, and an InvalidFileError that names line and field.
 */
export async function* readTrajectories(
  file: string,
  options: ReadTrajectoriesOptions = {},
): AsyncGenerator<ImportedTrajectory> {
  const format = options.format === undefined ? await recognize(file) : formatNamed(options.format);
  if (format === undefined) return;
  yield* format.read(file, options.policy === undefined ? {} : { policy: options.policy });
}

function formatNamed(name: string): TrajectoryFormat {
  const format = trajectoryFormats.find((candidate) => candidate.name === name);
  if (format === undefined) {
    throw new ConfigurationError(`there is no trajectory format ${JSON.stringify(name)}`, {
      hint: `Known are: ${trajectoryFormats.map((known) => `${known.name} (${known.description})`).join("; ")}.`,
    });
  }
  return format;
}

async function recognize(file: string): Promise<TrajectoryFormat | undefined> {
  for await (const { line, value } of readJsonLines(file)) {
    const format = trajectoryFormats.find((candidate) => candidate.recognizes(value));
    if (format === undefined) {
      throw new InvalidFileError(file, `line ${line}`, "in none of the known trajectory formats", {
        hint: `Known are: ${trajectoryFormats.map((known) => known.name).join(", ")}. Name one with --format to see what is missing.`,
      });
    }
    return format;
  }
  return undefined;
}
