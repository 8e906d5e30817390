import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

export interface LogFile extends Disposable {
  readonly path: string;
  append(line: string): void;
  /** The last lines, oldest first. */
  readonly lastLines: readonly string[];
}

export interface LogFileOptions {
  /** When it is larger, it becomes `<path>.1`, in place of an older one. Default 16 MiB. */
  readonly maximumBytes?: number;
  /** Lines kept in memory. Default 40. */
  readonly keptLines?: number;
}

/** Appends to a log of bounded size: at most twice `maximumBytes` are kept, always the latest. */
export function openLogFile(path: string, options: LogFileOptions = {}): LogFile {
  const { maximumBytes = 16 * 1024 * 1024, keptLines = 40 } = options;
  let file = openSync(path, "a");
  let size = fstatSync(file).size;
  const lastLines: string[] = [];
  return {
    path,
    lastLines,
    append: (line) => {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      if (size > maximumBytes) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, "a");
        size = 0;
      }
      size += writeSync(file, `${line}\n`);
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}
