/**
 * The report's style sheet. Colours of labels and series are those of Okabe and Ito (2008), chosen to stay apart in the common forms of colour
 * blindness, darkened or lightened to a contrast of 4.5 where they are text.
 */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c2127; --muted: #5b6570; --line: #d9dee4; --panel: #f5f7f9; --accent: #0b5cad;
  --beneficial: #00694c; --beneficial-back: #d8f1e8;
  --harmful: #a83f00; --harmful-back: #fde4d3;
  --needs-recovery: #7a5200; --needs-recovery-back: #fdf0c8;
  --neutral: #4c5660; --neutral-back: #e7ebef;
  --unknown: #5b6570; --unknown-back: transparent;
  --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #b0528a; --s4: #8a6d00; --s5: #3a3f45; --s6: #2f8fc4; --s7: #7a4fbf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --text: #e6eaee; --muted: #9ba6b2; --line: #343c46; --panel: #1c2229; --accent: #7ab8f5;
    --beneficial: #6fdcb6; --beneficial-back: #0d3a2d;
    --harmful: #ffab7a; --harmful-back: #4a2109;
    --needs-recovery: #f3cf6b; --needs-recovery-back: #423308;
    --neutral: #b9c3cd; --neutral-back: #2b333c;
    --unknown: #9ba6b2; --unknown-back: transparent;
    --s0: #56b4e9; --s1: #ff8a3d; --s2: #2fc79b; --s3: #e08fc0; --s4: #f0d03c; --s5: #cfd6dd; --s6: #8fd0f2; --s7: #b79af0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 96px; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 1.35rem; margin: 56px 0 12px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 28px 0 8px; }
h4 { font-size: 0.95rem; margin: 20px 0 8px; }
p { max-width: 75ch; }
.subtitle, .note { color: var(--muted); }
.note { font-size: 0.875rem; }
nav { margin: 16px 0 0; display: flex; flex-wrap: wrap; gap: 6px 20px; }
a { color: var(--accent); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 20px; margin: 20px 0 0; font-size: 0.9rem; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; min-width: 60%; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); vertical-align: middle; white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; font-size: 0.8rem; vertical-align: bottom; }
th.right, td.right { text-align: right; }
th.left, td.left, tbody th { text-align: left; }
tbody th { font-weight: 600; }
.drawn { width: 176px; }
.interval { display: block; }
.interval .axis { stroke: var(--line); stroke-width: 1; }
.interval .range { stroke: var(--accent); stroke-width: 3; stroke-linecap: round; opacity: 0.55; }
.interval .estimate { fill: var(--accent); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 28px 32px; }
.chart { margin: 0; }
.chart figcaption { font-weight: 600; }
.chart > svg { width: 100%; height: auto; display: block; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; padding: 0; margin: 4px 0 6px; font-size: 0.85rem; }
.legend li { display: flex; align-items: center; gap: 6px; }
.grid { stroke: var(--line); stroke-width: 1; }
.axis { stroke: var(--muted); stroke-width: 1; }
.tick { fill: var(--muted); font-size: 15px; }
.axis-label { fill: var(--text); font-size: 15px; }
.reference { stroke: var(--muted); stroke-width: 1.5; stroke-dasharray: 2 4; }
.series polyline { fill: none; stroke: currentColor; stroke-width: 2; }
.series .whisker { stroke: currentColor; stroke-width: 1.2; opacity: 0.6; fill: none; }
.series .marker { fill: currentColor; stroke: var(--page); stroke-width: 1; }
.series-0 { color: var(--s0); } .series-1 { color: var(--s1); } .series-2 { color: var(--s2); } .series-3 { color: var(--s3); }
.series-4 { color: var(--s4); } .series-5 { color: var(--s5); } .series-6 { color: var(--s6); } .series-7 { color: var(--s7); }
.series-1 polyline { stroke-dasharray: 7 3; } .series-2 polyline { stroke-dasharray: 2 3; }
.series-4 polyline { stroke-dasharray: 9 3 2 3; } .series-5 polyline { stroke-dasharray: 5 5; }
.chip { display: inline-block; padding: 0 8px; border-radius: 10px; font-size: 0.8rem; line-height: 1.6; white-space: nowrap; border: 1px solid transparent; }
.cell { display: inline-block; width: 18px; text-align: center; font-size: 0.8rem; line-height: 20px; border-radius: 3px; margin-right: 2px; border: 1px solid transparent; }
.beneficial.chip, .beneficial.cell { color: var(--beneficial); background: var(--beneficial-back); }
.harmful.chip, .harmful.cell { color: var(--harmful); background: var(--harmful-back); }
.needs-recovery.chip, .needs-recovery.cell { color: var(--needs-recovery); background: var(--needs-recovery-back); }
.neutral.chip, .neutral.cell { color: var(--neutral); background: var(--neutral-back); }
.unknown.chip, .unknown.cell { color: var(--unknown); border-color: var(--line); }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 6px 24px; margin: 12px 0; font-size: 0.85rem; }
.key div { display: flex; gap: 10px; align-items: baseline; }
.key dd { margin: 0; color: var(--muted); }
.filter { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin: 16px 0; font-size: 0.9rem; }
.filter fieldset { border: 0; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; }
.filter legend { float: left; padding: 0 8px 0 0; color: var(--muted); }
.filter output { color: var(--muted); }
button { font: inherit; padding: 3px 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--panel); color: var(--text); cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
summary { cursor: pointer; }
.task { border: 1px solid var(--line); border-radius: 8px; margin: 8px 0; background: var(--panel); }
.task > summary { padding: 8px 14px; display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; }
.task > summary::before { content: "▸"; color: var(--muted); }
.task[open] > summary::before { content: "▾"; }
.task > summary::-webkit-details-marker { display: none; }
.task > article, .task > .note { padding: 0 14px 10px; }
.task-id { font-weight: 600; overflow-wrap: anywhere; }
.outcome { font-size: 0.85rem; min-width: 11em; }
.outcome.won { color: var(--beneficial); } .outcome.failed { color: var(--harmful); }
pre, code { font: 0.82rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0; max-height: 20em; overflow-y: auto; }
code { overflow-wrap: anywhere; white-space: pre-wrap; }
.goal { color: var(--muted); border-left: 3px solid var(--line); padding-left: 12px; }
.trajectory { width: 100%; }
.trajectory td { vertical-align: top; }
.trajectory td:not(.turn) { padding-top: 8px; }
.trajectory .turn { white-space: normal; min-width: 280px; width: 50%; padding-left: 14px; }
.trajectory .state > * { vertical-align: middle; background: var(--page); font-size: 0.82rem; padding-top: 3px; padding-bottom: 3px; }
.trajectory .state th { padding-left: 8px; color: var(--muted); }
.trajectory .number { color: var(--muted); }
.thought { color: var(--muted); font-size: 0.85rem; overflow-wrap: anywhere; }
.turn details, .reasons { font-size: 0.85rem; }
.turn summary, .reasons summary { color: var(--muted); font-size: 0.8rem; }
.invalid { color: var(--harmful); font-size: 0.8rem; border: 1px solid currentColor; border-radius: 4px; padding: 0 5px; }
.simulation.win { color: var(--beneficial); } .simulation.loss { color: var(--harmful); } .simulation.unknown { color: var(--muted); }
.use { font-size: 0.82rem; }
.uses { list-style: none; margin: 0; padding: 0; font-size: 0.82rem; }
.reasons li { overflow-wrap: anywhere; }
[hidden] { display: none !important; }
@media (max-width: 640px) {
  main { padding: 24px 14px 64px; }
  h1 { font-size: 1.5rem; }
  .facts { grid-template-columns: 1fr; }
  .facts dd { margin: 0 0 6px; }
  .trajectory .turn { min-width: 220px; }
}
@media print {
  .filter { display: none; }
  .task { break-inside: avoid; }
}
`;
