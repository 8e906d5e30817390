import { existsSync, readFileSync, rmSync } from "node:fs";
import { InvalidFileError } from "../errors.ts";
import { isStream, nameBeside, writeFileAtomically } from "../files.ts";
import { rejectedRowSchema } from "../formats/lines.ts";
import type { RejectedRow } from "../formats/rows.ts";
import { printableLine } from "../report/printable.ts";

/** The records of a file that could not be read or written, kept to be mended and read again. */
export interface RejectedRows {
  /** Where they are kept; undefined beside a pipe. */
  readonly file: string | undefined;
  readonly add: (row: RejectedRow) => void;
  /** Writes them to `<output>.rejected.jsonl` and prints where each one is wrong. If there are none, an older such file is removed. */
  report(): void;
  /** Throws the first one if there are any, as nothing could be read at all. */
  throwFirst(): void;
}

const longestList = 10;

/** @param output The file that takes what is not rejected: `a.jsonl` gives `a.rejected.jsonl`. */
export function collectRejectedRows(output: string): RejectedRows {
  const file = isStream(output) ? undefined : nameBeside(output, "rejected");
  const rows: RejectedRow[] = [];
  return {
    file,
    add: (row) => void rows.push(row),
    report: () => {
      if (rows.length === 0) {
        if (file !== undefined && isOurs(file)) rmSync(file);
        return;
      }
      if (file !== undefined)
        writeFileAtomically(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
      for (const row of rows.slice(0, longestList)) console.error(`Set aside: ${describe(row)}`);
      if (rows.length > longestList) console.error(`and ${rows.length - longestList} more.`);
      console.error(
        file === undefined
          ? `${rows.length} records were set aside.`
          : `${rows.length} records are in ${file}, each with its text and what is wrong with it.`,
      );
    },
    throwFirst: () => {
      const [first] = rows;
      if (first === undefined) return;
      const where = first.field === "" ? `line ${first.line}` : `line ${first.line}, ${first.field}`;
      const kept = file === undefined ? "" : `; ${file} holds them, each with what is wrong`;
      throw new InvalidFileError(first.file, where, first.problem, {
        hint: `No record can be used${kept}.`,
      });
    },
  };
}

/** Whether a file that is there holds rejected rows and nothing else. */
function isOurs(file: string): boolean {
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.every((line) => {
    try {
      return rejectedRowSchema.safeParse(JSON.parse(line)).success;
    } catch {
      return false;
    }
  });
}

function describe({ file, line, field, problem }: RejectedRow): string {
  return printableLine(`${file}: line ${line}${field === "" ? "" : `, ${field}`}: ${problem}`, 300);
}
