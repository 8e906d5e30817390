import process from "node:process";
import type { Progress, Work } from "../run/progress.ts";
import { type Forecast, formatDuration, noForecast } from "./forecast.ts";

/** Plain lines come at most this often. */
const plainInterval = 5000;
/** A terminal's line is redrawn at most this often. */
const terminalInterval = 100;

export interface TerminalProgressOptions {
  /** Standard error if absent. */
  readonly stream?: NodeJS.WriteStream;
  /** What is known about how long the whole run takes. */
  readonly forecast?: Forecast;
}

/** Progress that remembers how long each piece of work took, for the forecast of the next run. */
export interface TimedProgress extends Progress {
  /** Seconds of each finished piece of work, by its name. */
  readonly seconds: ReadonlyMap<string, number>;
}

/**
 * Shows progress on standard error: one line that is redrawn on a terminal, and elsewhere a plain line every few
 * seconds. The time left of a piece of work follows from its pace so far, that of the run from the forecast.
 */
export function terminalProgress(options: TerminalProgressOptions = {}): TimedProgress {
  const { stream = process.stderr, forecast = noForecast } = options;
  const line = stream.isTTY ? redrawnLine(stream) : plainLines(stream);
  const seconds = new Map<string, number>();
  return {
    seconds,
    begin: (name, total) => beginWork({ line, name, total, forecast, seconds }),
    note: (text) => line.keep(text),
  };
}

interface Line {
  /** Shows what changes often; may be skipped. */
  show(text: string): void;
  /** Shows a line that stays. */
  keep(text: string): void;
}

interface Beginning {
  readonly line: Line;
  readonly name: string;
  readonly total: number | undefined;
  readonly forecast: Forecast;
  readonly seconds: Map<string, number>;
}

function beginWork({ line, name, total: firstTotal, forecast, seconds }: Beginning): Work {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  let total = firstTotal;
  let offset: number | undefined;
  let last = { done: 0, detail: "" };
  return {
    update: (done, options = {}) => {
      total = options.total ?? total;
      // What an earlier session did took no time in this one.
      offset ??= done;
      last = { done, detail: options.detail ?? "" };
      const left =
        total === undefined || done <= offset ? undefined : (elapsed() / (done - offset)) * (total - done);
      const leftOfRun = forecast.left(name, left, seconds);
      line.show(
        sentence(name, [
          total === undefined ? `${done}` : `${done}/${total}`,
          last.detail,
          left === undefined ? "" : `${formatDuration(left)} left`,
          leftOfRun === undefined ? "" : `${formatDuration(leftOfRun)} left of the run`,
        ]),
      );
    },
    end: () => {
      seconds.set(name, (seconds.get(name) ?? 0) + elapsed());
      line.keep(sentence(name, [`${last.done}`, last.detail, formatDuration(elapsed())]));
    },
  };
}

function sentence(name: string, parts: readonly string[]): string {
  return `${name}: ${parts.filter((part) => part !== "").join(", ")}`;
}

function redrawnLine(stream: NodeJS.WriteStream): Line {
  let shownAt = Number.NEGATIVE_INFINITY;
  /** A line that wraps could not be drawn over. */
  const fitting = (text: string) => text.slice(0, Math.max(10, (stream.columns || 80) - 1));
  return {
    show: (text) => {
      if (performance.now() - shownAt < terminalInterval) return;
      shownAt = performance.now();
      stream.cursorTo(0);
      stream.write(fitting(text));
      stream.clearLine(1);
    },
    keep: (text) => {
      stream.cursorTo(0);
      stream.clearLine(1);
      stream.write(`${text}\n`);
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
