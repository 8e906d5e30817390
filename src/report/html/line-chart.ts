import { linearScale, type Scale } from "./chart-scale.ts";
import { type Html, type HtmlValue, html } from "./html.ts";

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the interval, drawn as a whisker. */
  readonly low?: number;
  readonly high?: number;
}

export interface ChartSeries {
  readonly name: string;
  /** Picks colour, marker and dashes; the same in every chart of a report. */
  readonly style: number;
  readonly points: readonly ChartPoint[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly ChartSeries[];
  /** A horizontal line, such as the expert's win rate. */
  readonly reference?: { readonly name: string; readonly y: number };
  /** Ticks at every whole number only. */
  readonly wholeX?: boolean;
  readonly wholeY?: boolean;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
}

/** How many series styles there are; further series begin again. */
export const seriesStyles = 8;

const width = 640;
const height = 380;
const plot = { left: 64, right: width - 16, top: 14, bottom: height - 54 };
/** With whole numbers on the x axis, series are set this many pixels apart, so that their whiskers do not cover each other. */
const dodge = 6;

/**
 * A line chart as inline SVG. Series differ in marker and dashes as well as in colour. It holds a text for those who
 * cannot see it; the figures themselves belong in a table beside it.
 */
export function lineChart(chart: LineChart): Html {
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) return html`<p class="note">${chart.title}: nothing was measured.</p>`;
  const values = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  if (chart.reference !== undefined) values.push(chart.reference.y);
  const xs = points.map((point) => point.x);
  const xRange = [Math.min(0, ...xs), Math.max(...xs)] as const;
  const x = linearScale(xRange, [plot.left + 24, plot.right - 24], 6, chart.wholeX ? 1 : 0);
  const y = linearScale(
    [Math.min(...values), Math.max(...values)],
    [plot.bottom, plot.top],
    6,
    chart.wholeY ? 1 : 0,
  );
  return html`<figure class="chart">
<figcaption>${chart.title}</figcaption>
${legend(chart)}
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${describe(chart)}">
${axes(chart, x, y)}
${
  chart.reference !== undefined &&
  html`<line class="reference" x1="${plot.left}" x2="${plot.right}" y1="${px(y.toPixel(chart.reference.y))}" y2="${px(y.toPixel(chart.reference.y))}"/>`
}
${chart.series.map((series, index) =>
  seriesMarkup(series, x, y, chart.wholeX ? (index - (chart.series.length - 1) / 2) * dodge : 0),
)}
</svg>
</figure>`;
}

function axes(chart: LineChart, x: Scale, y: Scale): HtmlValue {
  return [
    y.ticks.map(
      (tick) =>
        html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${px(y.toPixel(tick))}" y2="${px(y.toPixel(tick))}"/><text class="tick" x="${plot.left - 8}" y="${px(y.toPixel(tick) + 5)}" text-anchor="end">${chart.formatY(tick)}</text>`,
    ),
    x.ticks.map(
      (tick) =>
        html`<text class="tick" x="${px(x.toPixel(tick))}" y="${plot.bottom + 20}" text-anchor="middle">${chart.formatX(tick)}</text>`,
    ),
    html`<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>`,
    html`<text class="axis-label" x="${(plot.left + plot.right) / 2}" y="${height - 8}" text-anchor="middle">${chart.xLabel}</text>`,
    html`<text class="axis-label" transform="translate(14 ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">${chart.yLabel}</text>`,
  ];
}

function seriesMarkup({ name, points, style }: ChartSeries, x: Scale, y: Scale, offset: number): Html {
  const placed = points
    .toSorted((left, right) => left.x - right.x)
    .map((point) => ({ point, cx: x.toPixel(point.x) + offset, cy: y.toPixel(point.y) }));
  const path = placed.map(({ cx, cy }) => `${px(cx)},${px(cy)}`).join(" ");
  return html`<g class="series series-${style % seriesStyles}">
<title>${name}</title>
<polyline points="${path}"/>
${placed.map(({ point: { low, high }, cx }) =>
  low === undefined || high === undefined
    ? undefined
    : html`<path class="whisker" d="M${px(cx)} ${px(y.toPixel(low))}V${px(y.toPixel(high))}M${px(cx - 3)} ${px(y.toPixel(low))}h6M${px(cx - 3)} ${px(y.toPixel(high))}h6"/>`,
)}
${placed.map(({ cx, cy }) => marker(style, cx, cy))}
</g>`;
}

function legend({ series, reference }: LineChart): Html {
  return html`<ul class="legend">
${series.map(
  ({ name, style }) =>
    html`<li><svg viewBox="0 0 34 14" width="34" height="14" aria-hidden="true"><g class="series series-${style % seriesStyles}"><polyline points="0,7 34,7"/>${marker(style, 17, 7)}</g></svg>${name}</li>`,
)}
${
  reference !== undefined &&
  html`<li><svg viewBox="0 0 34 14" width="34" height="14" aria-hidden="true"><line class="reference" x1="0" x2="34" y1="7" y2="7"/></svg>${reference.name}</li>`
}
</ul>`;
}

/** Outlines around (0, 0), about 10 pixels across. */
const markers = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
  "M-4 -4h8v8h-8z",
  "M0 -5l5 8.5h-10z",
  "M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
  "M0 5l5 -8.5h-10z",
  "M-5 -1.7h3.3v-3.3h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3z",
];

function marker(style: number, cx: number, cy: number): Html {
  const outline = markers[style % markers.length] ?? "";
  return html`<path class="marker" transform="translate(${px(cx)} ${px(cy)})" d="${outline}"/>`;
}

function describe({ title, series, reference, formatX, formatY }: LineChart): string {
  const lines = series.map(
    ({ name, points }) => `${name}: ${points.map((p) => `${formatY(p.y)} at ${formatX(p.x)}`).join(", ")}`,
  );
  if (reference !== undefined) lines.push(`${reference.name}: ${formatY(reference.y)}`);
  return `${title}. ${lines.join("; ")}.`;
}

/** A tenth of a pixel is exact enough, and keeps the file small. */
function px(value: number): string {
  return Number(value.toFixed(1)).toString();
}
