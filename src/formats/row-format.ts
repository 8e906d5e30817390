import type { z } from "zod";
import type { ImportedTrajectory, ReadOptions, TrajectoryFormat } from "./format.ts";
import { InvalidRowError, parseLine, parseRowJson, readRows } from "./rows.ts";

/** Where a record comes from, and what the reader was told. */
export interface RowContext extends Pick<ReadOptions, "policy" | "reward" | "skip"> {
  readonly file: string;
  readonly line: number;
  /** The record as it stands in the file. */
  readonly text: string;
  /** The error to throw if this record cannot be a trajectory. */
  invalid(field: string, problem: string): InvalidRowError;
}

export interface RowFormatDefinition<T> extends Omit<TrajectoryFormat, "read"> {
  readonly schema: z.ZodType<T>;
  /** Throws what `context.invalid` gives. */
  convert(record: T, context: RowContext): ImportedTrajectory;
  /** True where records may share an id: the second one's becomes `<id>#2`, because ids tell trajectories apart. Otherwise it is an error. */
  readonly numbersTwins?: boolean;
}

/** A format in which each record is one trajectory. */
export function rowFormat<T>(definition: RowFormatDefinition<T>): TrajectoryFormat {
  const { schema, convert, numbersTwins = false, ...described } = definition;
  return {
    ...described,
    async *read(input, options = {}) {
      const { onRejected, ...given } = options;
      const file = input.name;
      const lineOf = new Map<string, number>();
      const numbers = new Map<string, number>();
      for await (const row of readRows(input)) {
        const { line, text } = row;
        try {
          const record = parseLine(file, { line, value: parseRowJson(file, row) }, schema);
          const context: RowContext = {
            ...given,
            file,
            line,
            text,
            invalid: (field, problem) => new InvalidRowError(file, line, field, problem),
          };
          const converted = convert(record, context);
          const imported = numbersTwins ? withOwnId(converted, lineOf, numbers) : converted;
          checkRewards(imported, context);
          checkId(imported, lineOf, context);
          lineOf.set(imported.trajectory.id, line);
          yield imported;
        } catch (error) {
          if (!(error instanceof InvalidRowError) || onRejected === undefined) throw error;
          onRejected({ file, line, field: error.field, problem: error.problem, text });
        }
      }
    },
  };
}

/** @param numbers The last number given to each id. */
function withOwnId(
  imported: ImportedTrajectory,
  taken: ReadonlyMap<string, number>,
  numbers: Map<string, number>,
): ImportedTrajectory {
  const { id } = imported.trajectory;
  if (!taken.has(id)) return imported;
  let number = numbers.get(id) ?? 1;
  do number++;
  while (taken.has(`${id}#${number}`));
  numbers.set(id, number);
  return { ...imported, trajectory: { ...imported.trajectory, id: `${id}#${number}` } };
}

function checkId(
  { trajectory: { id } }: ImportedTrajectory,
  lineOf: ReadonlyMap<string, number>,
  context: RowContext,
): void {
  const line = lineOf.get(id);
  if (line === undefined) return;
  throw context.invalid("id", `the file holds the trajectory ${id} twice: it stands on line ${line} too`);
}

function checkRewards({ trajectory: { reward, steps } }: ImportedTrajectory, context: RowContext): void {
  const check = (field: string, value: number): void => {
    if (value >= 0 && value <= 1) return;
    throw context.invalid(field, `expected a number from 0 to 1, got ${value}`);
  };
  check("reward", reward);
  for (const [index, step] of steps.entries()) check(`steps.${index}.reward`, step.reward);
}

/** Counts the keys of an object that a reader does not know, under their path. */
export function countUnknownKeys(
  counts: Record<string, number>,
  value: object,
  known: readonly string[],
  path = "",
): void {
  for (const [key, content] of Object.entries(value)) {
    if (known.includes(key) || content === null || content === undefined) continue;
    count(counts, path === "" ? key : `${path}.${key}`);
  }
}

export function count(counts: Record<string, number>, name: string, times = 1): void {
  if (times > 0) counts[name] = (counts[name] ?? 0) + times;
}
