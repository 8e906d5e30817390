import { createHash } from "node:crypto";
import { methodResults } from "../method-results.ts";
import { clip } from "../printable.ts";
import type { RunResults } from "../results.ts";
import { resultsTable } from "../table.ts";
import { curvesSection } from "./curves-section.ts";
import { html, trustedMarkup } from "./html.ts";
import { resultsSection } from "./results-section.ts";
import { script } from "./script.ts";
import { selectionSection } from "./selection-section.ts";
import { styleSheet } from "./style.ts";
import { trajectorySection } from "./trajectory-section.ts";

export interface ReportOptions {
  /** The method the others are compared with; by default RFT with the most rollouts, or RFT, or the first method. */
  readonly baseline?: string;
  /** Tasks whose expert trajectories are shown; 60 by default. */
  readonly maximumTasks?: number;
  /** Of the bootstrap intervals; 10,000 by default. */
  readonly resamples?: number;
}

/**
 * One run as one HTML file that needs nothing else: no network, no other file. It says the same for the same results.
 *
 * All text of environments and models is escaped and bounded, and a content security policy allows the report's own style and script only.
 */
export function renderReport(run: RunResults, options: ReportOptions = {}): string {
  const baseline =
    options.baseline ?? defaultBaseline(run.evaluations.map((evaluation) => evaluation.method));
  const table = resultsTable(methodResults([run]), {
    ...(baseline === undefined ? {} : { baseline }),
    ...(options.resamples === undefined ? {} : { resamples: options.resamples }),
  });
  const title = clip(run.name, 120);
  const policy = `default-src 'none'; style-src '${hash(styleSheet)}'; script-src '${hash(script)}'; base-uri 'none'; form-action 'none'`;
  const sections = [
    { id: "results", name: "Results", markup: resultsSection(table) },
    { id: "curves", name: "Curves", markup: curvesSection(run) },
    { id: "selection", name: "What was selected", markup: selectionSection(run) },
    {
      id: "trajectories",
      name: "Expert trajectories",
      markup: trajectorySection(run, options.maximumTasks ?? 60),
    },
  ].filter((section) => section.markup.markup !== "");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${title} · eef report</title>
<style>${trustedMarkup(styleSheet)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p class="subtitle">Exploring expert failures on ${clip(run.environment, 120)}, seed ${run.seed}</p>
<dl class="facts">${(run.facts ?? []).map(
    ({ name, value }) => html`<dt>${clip(name, 80)}</dt><dd>${clip(value, 400)}</dd>`,
  )}</dl>
<nav aria-label="Sections">${sections.map(({ id, name }) => html`<a href="#${id}">${name}</a> `)}</nav>
</header>
${sections.map((section) => section.markup)}
</main>
<script>${trustedMarkup(script)}</script>
</body>
</html>
`.markup;
}

/** RFT with the largest number of rollouts is the fair baseline (method.md); then plain RFT, then the first method. */
export function defaultBaseline(methods: readonly string[]): string | undefined {
  const rollouts = (name: string) => Number(/^RFT x(\d+)$/.exec(name)?.[1] ?? (name === "RFT" ? 1 : 0));
  const [best] = methods.toSorted((left, right) => rollouts(right) - rollouts(left));
  return best;
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
