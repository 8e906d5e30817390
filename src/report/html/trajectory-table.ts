import { parseMessage } from "../../policy/message-format.ts";
import { clip } from "../printable.ts";
import type {
  ActionUse,
  LabelledTrajectory,
  ReportStep,
  SimulatedState,
  TrajectorySelection,
} from "../results.ts";
import { type Html, html } from "./html.ts";
import { labelAppearance } from "./labels.ts";

/** Columns of labels beside a trajectory; further selections are only mentioned. */
const maximumSelections = 6;
const maximumSteps = 60;
/** Characters shown. */
const limits = { goal: 1200, thought: 500, action: 240, observation: 700, reason: 300 } as const;

/** One cell for each action, coloured by its label in the last selection: the trajectory at a glance. */
export function trajectoryStrip(trajectory: LabelledTrajectory): Html {
  const selection = labellingSelections(trajectory).at(-1);
  return html`<span class="strip" aria-hidden="true">${trajectory.steps
    .slice(0, maximumSteps)
    .map((_, index) => {
      const label = selection?.actions[index]?.label ?? "unknown";
      return html`<span class="cell ${label}">${labelAppearance[label].symbol}</span>`;
    })}</span>`;
}

/** A trajectory as a table: a row for each action, a column for each selection, and a row where states were simulated. */
export function trajectoryMarkup(trajectory: LabelledTrajectory): Html {
  const labelling = labellingSelections(trajectory);
  const columns = labelling.slice(-maximumSelections);
  const others = trajectory.selections.filter((selection) => !columns.includes(selection));
  const hasOthers = others.some(({ actions }) => actions.some(({ uses }) => uses.length > 0));
  const steps = trajectory.steps.slice(0, maximumSteps);
  const hidden = trajectory.steps.length - steps.length;
  return html`<article>
<h4>${clip(trajectory.expert, 60)} · ${trajectory.win ? "won" : "failed"} · reward ${trajectory.reward.toFixed(2)} · ended by ${trajectory.stopReason}</h4>
<pre class="goal">${clip(trajectory.initialObservation, limits.goal)}</pre>
<div class="scroll"><table class="trajectory">
<thead><tr><th scope="col" class="left">state, action</th>${columns.map(
    (selection) => html`<th scope="col" class="left">${selectionName(selection)}</th>`,
  )}${hasOthers && html`<th scope="col" class="left">other datasets</th>`}</tr></thead>
<tbody>
${steps.map((step, index) => [stateRow(index, columns), actionRow(step, index, columns, others)])}
${hidden === 0 && stateRow(steps.length, columns)}
</tbody>
</table></div>
${hidden > 0 && html`<p class="note">${hidden} further actions are not shown.</p>`}
${
  labelling.length > columns.length &&
  html`<p class="note">Not shown: the labels of ${labelling.slice(0, -maximumSelections).map(selectionName).join(", ")}.</p>`
}
${reasons(trajectory)}
</article>`;
}

/** The selections that simulated states of the trajectory, so that its actions have labels. */
function labellingSelections({ selections }: LabelledTrajectory): TrajectorySelection[] {
  return selections.filter(({ states }) => states.some((state) => state.stateIndex > 0));
}

function selectionName({ method, iteration }: TrajectorySelection): string {
  return `${clip(method, 40)} ${iteration}`;
}

/** What the simulations from state `stateIndex` gave; nothing where no column has any. */
function stateRow(stateIndex: number, columns: readonly TrajectorySelection[]): Html | undefined {
  const states = columns.map(({ states: of }) => of.find((state) => state.stateIndex === stateIndex));
  if (states.every((state) => state === undefined)) return undefined;
  return html`<tr class="state"><th scope="row">s<sub>${stateIndex}</sub>${stateIndex === 0 && " (the start)"}</th>${states.map(
    (state) => html`<td>${state !== undefined && simulationMarkup(state)}</td>`,
  )}</tr>
`;
}

function simulationMarkup(state: SimulatedState): Html {
  const { simulations, wins, outcome, meanReward, needsRecovery } = state;
  const recovery = labelAppearance["needs-recovery"];
  const { symbol, name } = outcomeAppearance[outcome];
  const result =
    simulations === 0
      ? html`<span class="simulation unknown">not simulated</span>`
      : html`<span class="simulation ${outcome}" title="mean reward ${meanReward.toFixed(2)}">${symbol} ${name} (${wins}/${simulations} won)</span>`;
  return html`${result}${needsRecovery && html` <span class="chip needs-recovery">${recovery.symbol} ${recovery.name}</span>`}`;
}

const outcomeAppearance = {
  win: { symbol: "●", name: "win" },
  loss: { symbol: "○", name: "loss" },
  unknown: { symbol: "?", name: "unknown" },
} as const;

function actionRow(
  step: ReportStep,
  index: number,
  columns: readonly TrajectorySelection[],
  others: readonly TrajectorySelection[],
): Html {
  const thought = thoughtOf(step.message);
  const elsewhere = others.flatMap((selection) => {
    const uses = selection.actions[index]?.uses ?? [];
    return uses.length === 0 ? [] : [html`<li>${selectionName(selection)}: ${useMarkup(uses)}</li>`];
  });
  return html`<tr class="action"><td class="turn"><div class="action-line"><span class="number">a<sub>${index}</sub></span> <code>${clip(step.action, limits.action)}</code>${
    !step.valid && html` <span class="invalid">invalid</span>`
  }</div>${thought !== "" && html`<div class="thought">${clip(thought, limits.thought)}</div>`}<details><summary>what came back</summary><pre>${clip(step.observation, limits.observation)}</pre></details></td>${columns.map(
    ({ actions }) => {
      const action = actions[index];
      if (action === undefined) return html`<td></td>`;
      const { symbol, name } = labelAppearance[action.label];
      return html`<td class="label ${action.label}"><span class="chip ${action.label}">${symbol} ${name}</span> ${useMarkup(action.uses)}</td>`;
    },
  )}${elsewhere.length > 0 && html`<td><ul class="uses">${elsewhere}</ul></td>`}</tr>
`;
}

/** Of a very long message only the beginning is looked at; the action line put after it ends the thought. */
function thoughtOf(message: string): string {
  const long = 4 * limits.thought;
  return parseMessage(message.length > long ? `${message.slice(0, long)}\nAction:` : message).thought;
}

function useMarkup(uses: readonly ActionUse[]): Html | undefined {
  const kept = uses.filter((use) => use.use === "target").length;
  const masked = uses.length - kept;
  if (uses.length === 0) return undefined;
  return html`<span class="use">${kept > 0 && html`<b>kept</b>${kept > 1 && ` ×${kept}`}`}${kept > 0 && masked > 0 && ", "}${masked > 0 && html`<i>masked</i>${masked > 1 && ` ×${masked}`}`}</span>`;
}

/** Why each dataset holds actions of this trajectory, once for each example and sentence. */
function reasons(trajectory: LabelledTrajectory): Html | undefined {
  const lines = new Map<string, Html>();
  for (const selection of trajectory.selections) {
    for (const [index, { uses }] of selection.actions.entries()) {
      for (const { use, exampleId, reason } of uses) {
        const key = JSON.stringify([selection.method, selection.iteration, exampleId, use, reason]);
        if (lines.has(key)) continue;
        const first = html`<li><b>${selectionName(selection)}</b>, ${use === "target" ? "kept" : "masked"} from a<sub>${index}</sub> on: ${clip(reason, limits.reason)}</li>`;
        lines.set(key, first);
      }
    }
  }
  if (lines.size === 0) return undefined;
  return html`<details class="reasons"><summary>Why actions were kept or masked</summary><ul>${[...lines.values()].slice(0, 40)}</ul></details>`;
}
