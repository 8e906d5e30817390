import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { notWritten } from "../files.ts";
import { type Trajectory, trajectorySchema } from "../trajectory.ts";

/** Trajectories that were finished while a file of them is not: beside it, so that the same command goes on from there. */
export interface UnfinishedFile {
  /** What an earlier call with the same settings has finished, in its order. */
  readonly finished: readonly Trajectory[];
  add(trajectory: Trajectory): void;
  remove(): void;
}

/**
 * @param settings all that the trajectories follow from; what was finished with other ones is not gone on from
 * @throws FileNotWrittenError
 */
export function openUnfinished(file: string, settings: unknown): UnfinishedFile {
  const beside = `${file}.unfinished`;
  const header = JSON.stringify(settings);
  const finished = readFinished(beside, header);
  const write = (action: () => void) => {
    try {
      action();
    } catch (error) {
      throw notWritten(error, beside);
    }
  };
  // Anew, because a killed process may have left half a line.
  write(() =>
    writeFileSync(beside, [header, ...finished.map((each) => JSON.stringify(each)), ""].join("\n")),
  );
  return {
    finished,
    add: (trajectory) => write(() => appendFileSync(beside, `${JSON.stringify(trajectory)}\n`)),
    remove: () => rmSync(beside, { force: true }),
  };
}

function readFinished(file: string, header: string): readonly Trajectory[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const [first, ...lines] = text.split("\n");
  if (first !== header) return [];
  const finished: Trajectory[] = [];
  for (const line of lines.slice(0, -1)) {
    const parsed = trajectorySchema.safeParse(parseJson(line));
    if (!parsed.success) break;
    finished.push(parsed.data);
  }
  return finished;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
