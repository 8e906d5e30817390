import { actionLabels, type RunResults } from "../results.ts";
import { type Html, html } from "./html.ts";
import { labelAppearance } from "./labels.ts";
import { tableMarkup } from "./results-section.ts";

/** What each method selected in each iteration, as counts. */
export function selectionSection({ selections }: RunResults): Html {
  if (selections.length === 0) return html``;
  const right = (title: string) => ({ title, align: "right" }) as const;
  return html`<section id="selection">
<h2>What was selected</h2>
${tableMarkup({
  columns: [
    { title: "method", align: "left" },
    right("iteration"),
    right("examples"),
    right("actions kept"),
    right("actions masked"),
    ...actionLabels.map((label) => right(`${labelAppearance[label].symbol} ${labelAppearance[label].name}`)),
  ],
  rows: selections.map(({ method, iteration, examples, targetActions, maskedActions, labels }) => [
    method,
    String(iteration),
    String(examples),
    String(targetActions),
    String(maskedActions),
    ...actionLabels.map((label) => String(labels[label] ?? 0)),
  ]),
})}
<p class="note">Kept: trained on. Masked: shown as context with a loss weight of 0. The last columns count expert actions by what became of
them; "needs recovery" counts states.</p>
</section>`;
}
