import { ConfigurationError } from "../errors.ts";
import { isSameFile, isStream } from "../files.ts";

/**
 * Those that are undefined are passed over.
 * @throws ConfigurationError if one of the files to write, by whatever name, is one of those that are read.
 */
export function refuseOverwriting(
  sources: readonly (string | undefined)[],
  outputs: readonly (string | undefined)[],
): void {
  for (const output of outputs.filter((each) => each !== undefined)) {
    const source = sources.find(
      (each) => each !== undefined && isSameFile(each === "-" ? "/dev/stdin" : each, output),
    );
    if (source === undefined) continue;
    throw new ConfigurationError(`${source} would be written over: ${output} is the same file.`, {
      hint: "Give --out another name.",
    });
  }
}

/** Where a command speaks to its reader: on standard error if rows may go to standard output. */
export function speakerFor(output: string): (line: string) => void {
  return isStream(output) ? (line) => console.error(line) : (line) => console.log(line);
}
