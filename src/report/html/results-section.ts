import type { Interval } from "../statistics.ts";
import type { ResultsTable } from "../table.ts";
import { behaviourPart, groupParts, qualityPart, resultsTableNote, type TablePart } from "../table-format.ts";
import { type Html, html } from "./html.ts";

/** The results table in two parts, with each win rate's interval drawn beside it. */
export function resultsSection(table: ResultsTable): Html {
  if (table.rows.length === 0) {
    return html`<section id="results"><h2>Results</h2><p>Nothing has been evaluated yet.</p></section>`;
  }
  return html`<section id="results">
<h2>Results</h2>
<h3>How well</h3>
${tableMarkup(qualityPart(table), {
  title: "win rate, 0 to 100%",
  cells: table.rows.map((row) => intervalBar(row.winRate)),
})}
<h3>How, and at what cost</h3>
${tableMarkup(behaviourPart(table))}
${groupParts(table).map(
  (part) => html`<h3>By kind of task</h3>
${tableMarkup(part)}
`,
)}<p class="note">${resultsTableNote(table)
    .split("\n")
    .map((line) => html`${line}<br>`)}</p>
</section>`;
}

interface DrawnColumn {
  readonly title: string;
  readonly cells: readonly Html[];
}

/** A table in a box that scrolls sideways on a narrow screen. The drawn column, if any, stands after the first. */
export function tableMarkup({ columns, rows }: TablePart, drawn?: DrawnColumn): Html {
  return html`<div class="scroll"><table>
<thead><tr>${columns.map((column, index) => [
    html`<th scope="col" class="${column.align}">${column.title}</th>`,
    index === 0 && drawn !== undefined && html`<th scope="col" class="left">${drawn.title}</th>`,
  ])}</tr></thead>
<tbody>
${rows.map(
  (cells, row) => html`<tr>${cells.map((cell, index) => [
    index === 0
      ? html`<th scope="row">${cell}</th>`
      : html`<td class="${columns[index]?.align ?? "left"}">${cell}</td>`,
    index === 0 && drawn !== undefined && html`<td class="drawn">${drawn.cells[row]}</td>`,
  ])}</tr>
`,
)}</tbody>
</table></div>`;
}

/** A proportion and its interval on a scale from 0 to 1. The figures stand in the next column. */
function intervalBar({ estimate, low, high }: Interval): Html {
  const x = (share: number) => (4 + share * 152).toFixed(1);
  return html`<svg class="interval" viewBox="0 0 160 16" width="160" height="16" aria-hidden="true"><line class="axis" x1="4" x2="156" y1="8" y2="8"/><line class="range" x1="${x(low)}" x2="${x(high)}" y1="8" y2="8"/>${
    Number.isFinite(estimate) && html`<circle class="estimate" cx="${x(estimate)}" cy="8" r="4.5"/>`
  }</svg>`;
}
