import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearScale } from "./chart-scale.ts";
import { lineChart } from "./line-chart.ts";

describe("linearScale", () => {
  it("has ticks at round numbers that hold the values", () => {
    expect(linearScale([0.31, 0.68], [0, 100], 6).ticks).toEqual([0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(linearScale([0, 3], [0, 300], 3).ticks).toEqual([0, 1, 2, 3]);
    expect(linearScale([0, 10_440], [0, 100], 6).ticks.at(-1)).toBe(12_000);
  });

  it("keeps every value between the ends, also where all are equal", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (minimum, range) => {
          const scale = linearScale([minimum, minimum + range], [10, 110], 6);
          for (const value of [minimum, minimum + range]) {
            expect(scale.toPixel(value)).toBeGreaterThan(10 - 0.01);
            expect(scale.toPixel(value)).toBeLessThan(110 + 0.01);
          }
          expect(scale.ticks.length).toBeLessThan(20);
        },
      ),
    );
  });
});

describe("lineChart", () => {
  const chart = {
    title: "Win rate",
    xLabel: "iteration",
    yLabel: "%",
    formatX: String,
    formatY: (value: number) => value.toFixed(2),
  };

  it("says in words what it shows", () => {
    const { markup } = lineChart({
      ...chart,
      series: [
        {
          name: "EEF",
          style: 0,
          points: [
            { x: 0, y: 0.4 },
            { x: 1, y: 0.5 },
          ],
        },
      ],
      reference: { name: "expert", y: 0.35 },
    });
    expect(markup).toContain('aria-label="Win rate. EEF: 0.40 at 0, 0.50 at 1; expert: 0.35."');
  });

  it("draws every series with its own marker and class, and a whisker for each interval", () => {
    const { markup } = lineChart({
      ...chart,
      series: [
        { name: "a", style: 0, points: [{ x: 0, y: 0.4, low: 0.3, high: 0.5 }] },
        { name: "b", style: 1, points: [{ x: 0, y: 0.4 }] },
      ],
    });
    expect(markup.match(/class="whisker"/g)).toHaveLength(1);
    const outlines = [...markup.matchAll(/class="marker"[^>]* d="([^"]*)"/g)].map(([, outline]) => outline);
    expect(new Set(outlines).size).toBe(2);
    expect(markup).toContain("series-1");
  });

  it("says so where nothing was measured", () => {
    expect(lineChart({ ...chart, series: [] }).markup).toContain("nothing was measured");
  });
});
