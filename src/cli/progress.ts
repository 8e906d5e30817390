import process from "node:process";
import type { Progress, Work } from "../run/progress.ts";
import { formatDuration } from "./duration.ts";

/** Plain lines come at most this often. */
const plainInterval = 5000;
/** A terminal's line is redrawn at most this often. */
const terminalInterval = 100;

/**
 * Shows progress on standard error: one line that is redrawn on a terminal, and elsewhere a plain line every few
 * seconds. The time left is that of the current piece of work, at the pace it had so far.
 */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const line = stream.isTTY ? redrawnLine(stream) : plainLines(stream);
  return {
    begin: (name, total) => beginWork(line, name, total),
    note: (text) => line.keep(text),
  };
}

interface Line {
  /** Shows what changes often; may be skipped. */
  show(text: string): void;
  /** Shows a line that stays. */
  keep(text: string): void;
}

function beginWork(line: Line, name: string, firstTotal: number | undefined): Work {
  const started = performance.now();
  let total = firstTotal;
  let offset: number | undefined;
  let last = { done: 0, detail: "" };
  const seconds = () => (performance.now() - started) / 1000;
  return {
    update: (done, options = {}) => {
      total = options.total ?? total;
      // What an earlier session did took no time in this one.
      offset ??= done;
      last = { done, detail: options.detail ?? "" };
      const left =
        total === undefined || done <= offset ? undefined : (seconds() / (done - offset)) * (total - done);
      const parts = [
        total === undefined ? `${done}` : `${done}/${total}`,
        last.detail,
        left === undefined ? "" : `${formatDuration(left)} left`,
      ];
      line.show(`${name}: ${parts.filter((part) => part !== "").join(", ")}`);
    },
    end: () => {
      const parts = [`${last.done}`, last.detail, formatDuration(seconds())];
      line.keep(`${name}: ${parts.filter((part) => part !== "").join(", ")}`);
    },
  };
}

function redrawnLine(stream: NodeJS.WriteStream): Line {
  let shownAt = Number.NEGATIVE_INFINITY;
  const draw = (text: string) => {
    stream.cursorTo(0);
    stream.write(text.slice(0, Math.max(10, (stream.columns || 80) - 1)));
    stream.clearLine(1);
  };
  return {
    show: (text) => {
      if (performance.now() - shownAt < terminalInterval) return;
      shownAt = performance.now();
      draw(text);
    },
    keep: (text) => {
      draw(text);
      stream.write("\n");
    },
  };
}

function plainLines(stream: NodeJS.WriteStream): Line {
  let shownAt = performance.now();
  return {
    show: (text) => {
      if (performance.now() - shownAt < plainInterval) return;
      shownAt = performance.now();
      stream.write(`${text}\n`);
    },
    keep: (text) => {
      shownAt = performance.now();
      stream.write(`${text}\n`);
    },
  };
}
