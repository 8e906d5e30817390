import { clip } from "../printable.ts";
import { actionLabels, type LabelledTrajectory, type RunResults } from "../results.ts";
import { type Html, html } from "./html.ts";
import { labelAppearance } from "./labels.ts";
import { hasLabel, hasRecovery, sampleTasks, type TaskTrajectories } from "./sample.ts";
import { trajectoryMarkup, trajectoryStrip } from "./trajectory-table.ts";

/** Of one task; several experts may have given several each. */
const maximumTrajectoriesPerTask = 4;

/** The choices of the filter: what a task must have to stay visible. */
const filters = [
  { value: "all", name: "all tasks" },
  { value: "won", name: "expert won" },
  { value: "failed", name: "expert failed" },
  { value: "beneficial", name: "with beneficial actions" },
  { value: "harmful", name: "with harmful actions" },
  { value: "recovery", name: "with recovery" },
] as const;

/** The expert trajectories, each action coloured by what became of it. A bounded sample, one foldable block per task. */
export function trajectorySection(run: RunResults, maximumTasks: number): Html {
  if (run.trajectories.length === 0) return html``;
  const { tasks, total } = sampleTasks(run.trajectories, maximumTasks);
  const sampled =
    tasks.length < total
      ? `${tasks.length} of ${total} training tasks: those with beneficial or harmful actions first, then other failures and wins, evenly spaced.`
      : `All ${total} training tasks.`;
  return html`<section id="trajectories">
<h2>Expert trajectories</h2>
<p>${sampled} Long texts are cut.</p>
<dl class="key">${actionLabels.map((label) => {
    const { symbol, name, meaning } = labelAppearance[label];
    return html`<div><dt><span class="chip ${label}">${symbol} ${name}</span></dt><dd>${meaning}</dd></div>`;
  })}</dl>
<form class="filter"><fieldset><legend>Show</legend>
${filters.map(
  ({ value, name }, index) =>
    html`<label><input type="radio" name="filter" value="${value}"${index === 0 && html` checked`}> ${name}</label> `,
)}
</fieldset><button type="button" data-action="fold">Unfold all</button> <output></output></form>
<div class="tasks">
${tasks.map((task) => taskMarkup(task))}
</div>
</section>`;
}

function taskMarkup({ taskId, trajectories }: TaskTrajectories): Html {
  const shown = trajectories.slice(0, maximumTrajectoriesPerTask);
  const tags = filters
    .map((filter) => filter.value)
    .filter((value) => shown.some((trajectory) => isTagged(trajectory, value)));
  return html`<details class="task" data-tags="${tags.join(" ")}">
<summary><span class="task-id">${clip(taskId, 80)}</span> ${shown.map(
    (trajectory) =>
      html`<span class="outcome ${trajectory.win ? "won" : "failed"}">${outcome(trajectory)}</span>${trajectoryStrip(trajectory)}`,
  )}</summary>
${shown.map((trajectory) => trajectoryMarkup(trajectory))}
${
  shown.length < trajectories.length &&
  html`<p class="note">${trajectories.length - shown.length} further trajectories of this task are not shown.</p>`
}
</details>
`;
}

function isTagged(trajectory: LabelledTrajectory, tag: (typeof filters)[number]["value"]): boolean {
  switch (tag) {
    case "all":
      return true;
    case "won":
      return trajectory.win;
    case "failed":
      return !trajectory.win;
    case "recovery":
      return hasRecovery(trajectory);
    case "beneficial":
    case "harmful":
      return hasLabel(trajectory, tag);
  }
}

function outcome({ win, reward }: LabelledTrajectory): string {
  return win ? "✓ won" : `✗ failed, reward ${reward.toFixed(2)}`;
}
