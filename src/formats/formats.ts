import { ConfigurationError } from "../errors.ts";
import { atifFormat } from "./atif.ts";
import type { ImportedTrajectory, ReadOptions, TrajectoryFormat } from "./format.ts";
import { type InputFile, rereadable } from "./input-file.ts";
import { nativeFormat } from "./native.ts";
import { openAiMessagesFormat } from "./openai-messages.ts";
import { reactTextFormat } from "./react-text.ts";
import { InvalidRowError, parseRowJson, type Row, readRows } from "./rows.ts";
import { agentGymFormat, etoFormat } from "./share-gpt.ts";
import { webShopHumanFormat } from "./webshop-human.ts";
import { webShopReactFormat } from "./webshop-react.ts";

/** Every format that can be read, in the order in which they are tried. */
export const trajectoryFormats: readonly TrajectoryFormat[] = [
  nativeFormat,
  webShopReactFormat,
  webShopHumanFormat,
  atifFormat,
  agentGymFormat,
  etoFormat,
  openAiMessagesFormat,
  reactTextFormat,
];

export interface ReadTrajectoriesOptions extends ReadOptions {
  /** Name of a format; recognised by the first record that is in any if absent. */
  readonly format?: string;
}

/**
 * Reads trajectories in any known format, one at a time: of a file, of a pipe, of standard input (`-`); what ends in `.gz` is
 * unpacked. A file without lines holds none.
 *
 * Throws a ConfigurationError for an unknown format's name, and an InvalidFileError that names line and field.
 */
export async function* readTrajectories(
  file: string,
  options: ReadTrajectoriesOptions = {},
): AsyncGenerator<ImportedTrajectory> {
  const { format: name, ...given } = options;
  const named = name === undefined ? undefined : formatNamed(name);
  await using input = await rereadable(file);
  const format = named ?? (await recognize(input));
  if (format === undefined) return await rejectAll(input, given);
  yield* format.read(input, given);
}

/** No record could be recognised. */
async function rejectAll(file: InputFile, { onRejected }: ReadOptions): Promise<void> {
  for await (const row of readRows(file)) {
    const error = problemOf(file, row);
    if (onRejected === undefined) throw error;
    const { line, field, problem } = error;
    onRejected({ file: file.name, line, field, problem, text: row.text });
  }
}

function problemOf({ name }: InputFile, row: Row): InvalidRowError {
  try {
    parseRowJson(name, row);
  } catch (error) {
    if (!(error instanceof InvalidRowError)) throw error;
    return new InvalidRowError(name, row.line, "", `${error.problem}, and in no known text format`);
  }
  const known = trajectoryFormats.map((format) => format.name).join(", ");
  return new InvalidRowError(name, row.line, "", `in none of the known trajectory formats (${known})`, {
    hint: "Name a format with --format to see what is missing.",
  });
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

/** By the first record that is of any format: what stands before it may be damaged, or the instructions of a transcript. */
async function recognize(file: InputFile): Promise<TrajectoryFormat | undefined> {
  for await (const row of readRows(file)) {
    const value = jsonValue(row.text);
    const format = trajectoryFormats.find((candidate) => candidate.recognizes(value, row.text));
    if (format !== undefined) return format;
  }
  return undefined;
}

function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
