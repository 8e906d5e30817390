/** What is known about how long the whole run takes. */
export interface Forecast {
  /**
   * Seconds left of the run, where that can be said.
   * @param current The piece of work in progress, and the seconds left of it where known.
   * @param finished The pieces finished in this session.
   */
  left(
    current: string,
    leftOfCurrent: number | undefined,
    finished: ReadonlyMap<string, number>,
  ): number | undefined;
}

export const noForecast: Forecast = { left: () => undefined };

/** From how long each piece of work took last time: what is not finished will take as long again. */
export function forecastFromParts(parts: ReadonlyMap<string, number>): Forecast {
  const names = [...parts.keys()];
  return {
    left: (current, leftOfCurrent, finished) => {
      // Pieces come in the same order each time, so whatever stands before the current one is done.
      const position = names.indexOf(current);
      if (position < 0) return undefined;
      const later = names.slice(position + 1).filter((name) => !finished.has(name));
      const sum = later.reduce((total, name) => total + (parts.get(name) ?? 0), 0);
      return sum + (leftOfCurrent ?? parts.get(current) ?? 0);
    },
  };
}

/** From a figure for the whole run, which starts now. */
export function forecastFromTotal(seconds: number): Forecast {
  const started = performance.now();
  return {
    left: (_current, leftOfCurrent) => {
      const left = seconds - (performance.now() - started) / 1000;
      return left < (leftOfCurrent ?? 0) ? undefined : left;
    },
  };
}

/** "45 s", "8 min", "1 h 20 min". */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
