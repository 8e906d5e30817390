import { basename } from "node:path";
import { ConfigurationError } from "../errors.ts";
import { readTrajectories } from "../formats/formats.ts";
import type { Trajectory } from "../trajectory.ts";

export interface RecordedExpertOptions {
  /** A file of trajectories in any known format. */
  readonly file: string;
  /** Name of its format; recognised if absent. */
  readonly format?: string;
  /** The expert's name in tables; that of the file if absent. */
  readonly name?: string;
}

/**
 * An expert whose episodes were recorded earlier, for `experts` in a configuration. Its trajectories keep their order.
 *
 * Throws an InvalidFileError for a file that cannot be read, and a ConfigurationError for one that holds no
 * trajectory, or the same trajectory id twice.
 */
export async function recordedExpert(
  options: RecordedExpertOptions,
): Promise<{ name: string; trajectories: readonly Trajectory[] }> {
  const { file, format } = options;
  const name = options.name ?? basename(file).replace(/\.[^.]*$/, "");
  const trajectories: Trajectory[] = [];
  const ids = new Set<string>();
  for await (const { trajectory } of readTrajectories(file, format === undefined ? {} : { format })) {
    if (ids.has(trajectory.id)) {
      throw new ConfigurationError(`${file} holds the trajectory ${trajectory.id} twice`, {
        hint: "Ids tell trajectories apart: give every episode its own, or remove the copy.",
      });
    }
    ids.add(trajectory.id);
    trajectories.push({ ...trajectory, kind: "expert" });
  }
  if (trajectories.length === 0) {
    throw new ConfigurationError(`${file} holds no trajectory`, { hint: "Is it the right file?" });
  }
  return { name, trajectories };
}
