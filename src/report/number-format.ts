import type { Interval } from "./statistics.ts";

/** How numbers are written in tables and reports. NaN, "nothing was measured", is written as a dash. */

const missing = "-";

export function decimal(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : missing;
}

/** A share in [0, 1] as a percentage without its sign: 0.4567 is "45.7". */
export function percent(share: number): string {
  return decimal(share * 100, 1);
}

/** As `percent`, with an explicit plus. */
export function signedPercent(share: number): string {
  const text = percent(share);
  if (text === "-0.0") return "0.0";
  return share > 0 && text !== "0.0" ? `+${text}` : text;
}

export function percentInterval({ estimate, low, high }: Interval): string {
  return `${percent(estimate)} [${percent(low)}, ${percent(high)}]`;
}

export function signedPercentInterval({ estimate, low, high }: Interval): string {
  return `${signedPercent(estimate)} [${signedPercent(low)}, ${signedPercent(high)}]`;
}

/** 950, 12.3k, 4.5M, 1.2G: at most 6 characters. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return missing;
  for (const [size, suffix] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    // 999,950 would round to "1000.0k".
    if (Math.abs(value) >= size * 0.99995) return `${(value / size).toFixed(1)}${suffix}`;
  }
  return value.toFixed(0);
}
