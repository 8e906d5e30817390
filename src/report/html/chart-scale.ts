/** Maps values to pixels, with ticks at round numbers. */
export interface Scale {
  readonly ticks: readonly number[];
  toPixel(value: number): number;
}

/** A linear scale from [minimum, maximum], widened to round numbers, to [from, to] pixels. About `count` ticks, at least `smallestStep` apart. */
export function linearScale(
  [minimum, maximum]: readonly [number, number],
  [from, to]: readonly [number, number],
  count: number,
  smallestStep = 0,
): Scale {
  const range = maximum - minimum;
  // Values that differ only by rounding are equal.
  const step =
    range < 1e-9 * Math.max(1, Math.abs(maximum)) ? 1 : Math.max(smallestStep, roundStep(range / count));
  const first = Math.floor(minimum / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(maximum / step - 1e-9));
  // Multiples of the step, not repeated addition: 3 * 0.1 is as near to 0.3 as can be.
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  const low = first * step;
  const high = last * step;
  return { ticks, toPixel: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `raw`. */
function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= raw * (1 - 1e-9)) ?? 10;
  return factor * power;
}
