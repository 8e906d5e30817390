import { InvalidFileError } from "../errors.ts";
import { writeFileAtomically } from "../files.ts";
import type { RejectedRow } from "../formats/rows.ts";
import { printableLine } from "../report/printable.ts";

/** The records of a file that could not be read or written, kept to be mended and read again. */
export interface RejectedRows {
  readonly rows: readonly RejectedRow[];
  readonly add: (row: RejectedRow) => void;
  /** If there are any: writes them to `<output>.rejected.jsonl` and prints where each one is wrong. */
  report(): void;
  /** Throws the first one if there are any, as nothing could be read at all. */
  throwFirst(hint?: string): void;
}

const longestList = 10;

/** @param output The file that takes what is not rejected: `a.jsonl` gives `a.rejected.jsonl`. */
export function collectRejectedRows(output: string): RejectedRows {
  const file = `${output.replace(/\.jsonl?$/, "")}.rejected.jsonl`;
  const rows: RejectedRow[] = [];
  return {
    rows,
    add: (row) => void rows.push(row),
    report: () => {
      if (rows.length === 0) return;
      writeFileAtomically(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
      for (const row of rows.slice(0, longestList)) console.error(`Set aside: ${describe(row)}`);
      if (rows.length > longestList) console.error(`and ${rows.length - longestList} more.`);
      console.error(`${rows.length} records are in ${file}, each with its text and what is wrong with it.`);
    },
    throwFirst: (hint) => {
      const [first] = rows;
      if (first === undefined) return;
      const where = first.field === "" ? `line ${first.line}` : `line ${first.line}, ${first.field}`;
      throw new InvalidFileError(first.file, where, first.problem, {
        hint: hint ?? `No record can be used; ${file} holds them, each with what is wrong.`,
      });
    },
  };
}

function describe({ file, line, field, problem }: RejectedRow): string {
  return printableLine(`${file}: line ${line}${field === "" ? "" : `, ${field}`}: ${problem}`, 300);
}
