import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import process from "node:process";

export interface LogFile extends Disposable {
  readonly path: string;
  append(line: string): void;
  /** The last lines, oldest first. */
  readonly lastLines: readonly string[];
}

/** The last lines of a log that is not open. Empty if there is none. */
export function lastLinesOf(path: string, count = 40): string[] {
  if (!existsSync(path)) return [];
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, readTailBytes));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.toString("utf8").trimEnd().split("\n").slice(-count);
  } finally {
    closeSync(file);
  }
}

const readTailBytes = 65_536;

export interface LogFileOptions {
  /** When it is larger, it becomes `<path>.1`, in place of an older one. Default 16 MiB. */
  readonly maximumBytes?: number;
  /** Lines kept in memory. Default 40. */
  readonly keptLines?: number;
}

/**
 * Appends to a log of bounded size: at most twice `maximumBytes` are kept, always the latest. Lines that cannot be written, because the disk
 * is full, are left out after one warning: what is logged goes on.
 */
export function openLogFile(path: string, options: LogFileOptions = {}): LogFile {
  const { maximumBytes = 16 * 1024 * 1024, keptLines = 40 } = options;
  let file = openSync(path, "a");
  let size = fstatSync(file).size;
  const lastLines: string[] = [];
  let isWarned = false;
  const write = (line: string) => {
    if (size > maximumBytes) {
      renameSync(path, `${path}.1`);
      const next = openSync(path, "a");
      closeSync(file);
      file = next;
      size = 0;
    }
    size += writeSync(file, `${line}\n`);
  };
  return {
    path,
    lastLines,
    append: (line) => {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      try {
        write(line);
      } catch (error) {
        if (isWarned) return;
        isWarned = true;
        process.emitWarning(
          `${path} is not complete, because it cannot be written: ${error instanceof Error ? error.message : error}`,
        );
      }
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}
