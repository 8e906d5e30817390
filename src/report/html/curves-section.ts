import { hardTasksOf } from "../method-results.ts";
import { count, decimal, percent, percentInterval } from "../number-format.ts";
import type { EvaluationResult, RunResults } from "../results.ts";
import { mean, wilsonInterval } from "../statistics.ts";
import type { TablePart } from "../table-format.ts";
import { type Html, html } from "./html.ts";
import { type ChartPoint, type ChartSeries, lineChart } from "./line-chart.ts";
import { tableMarkup } from "./results-section.ts";

/** Win rate and reward by iteration and by simulation budget, and the figures behind the charts. */
export function curvesSection(run: RunResults): Html {
  if (run.evaluations.length === 0) return html``;
  const byMethod = [...Map.groupBy(run.evaluations, (evaluation) => evaluation.method)];
  const seriesOf = (point: (evaluation: EvaluationResult) => ChartPoint): ChartSeries[] =>
    byMethod.map(([name, evaluations], style) => ({ name, style, points: evaluations.map(point) }));
  const [expert] = run.experts.filter(({ perTask }) => perTask.length > 0);
  const wins = { yLabel: "win rate, %", formatY: (value: number) => decimal(value * 100, 0) };
  const reference =
    expert === undefined
      ? {}
      : { reference: { name: `expert (${expert.name})`, y: winRate(expert).estimate } };
  const hardTasks = hardTasksOf(run);
  const iterations = { xLabel: "iteration (0 is behaviour cloning)", wholeX: true, formatX: String };
  return html`<section id="curves">
<h2>Curves</h2>
<div class="charts">
${lineChart({
  title: "Win rate by iteration",
  ...iterations,
  ...wins,
  ...reference,
  series: seriesOf((evaluation) => ({ x: evaluation.iteration, ...winRatePoint(evaluation) })),
})}
${lineChart({
  title: "Win rate by simulation budget",
  xLabel: "simulations spent on training tasks",
  formatX: (simulations) => count(simulations).replace(".0", ""),
  ...wins,
  ...reference,
  series: seriesOf((evaluation) => ({ x: evaluation.budget.simulations, ...winRatePoint(evaluation) })),
})}
${lineChart({
  title: "Mean reward by iteration",
  ...iterations,
  yLabel: "mean reward",
  formatY: (value) => decimal(value, 2),
  series: seriesOf((evaluation) => ({ x: evaluation.iteration, y: meanReward(evaluation) })),
})}
${
  hardTasks !== undefined &&
  hardTasks.size > 0 &&
  lineChart({
    title: `Hard tasks won by iteration (of ${hardTasks.size})`,
    ...iterations,
    yLabel: "tasks",
    wholeY: true,
    formatY: String,
    series: seriesOf(({ iteration, perTask }) => ({
      x: iteration,
      y: perTask.filter((task) => task.win && hardTasks.has(task.taskId)).length,
    })),
  })
}
</div>
<p class="note">Hard: no expert and no behaviour-cloned student won it. Whiskers are Wilson's 95% intervals over the evaluated tasks. They are for one student alone: whether two students differ is
better read from the paired differences in the table above.</p>
<details><summary>The figures behind the charts</summary>
${tableMarkup(figures(run))}
</details>
</section>`;
}

function winRate({ perTask }: Pick<EvaluationResult, "perTask">) {
  return wilsonInterval(perTask.filter((task) => task.win).length, perTask.length);
}

function winRatePoint(evaluation: EvaluationResult) {
  const { estimate, low, high } = winRate(evaluation);
  return { y: estimate, low, high };
}

function meanReward({ perTask }: EvaluationResult): number {
  return mean(perTask.map((task) => task.reward));
}

function figures({ evaluations }: RunResults): TablePart {
  const right = (title: string) => ({ title, align: "right" }) as const;
  return {
    columns: [
      { title: "method", align: "left" },
      right("iteration"),
      right("win % [95%]"),
      right("reward"),
      right("invalid %"),
      right("simulations"),
      right("environment steps"),
      right("tokens"),
      right("minutes"),
    ],
    rows: evaluations.map((evaluation) => {
      const { method, iteration, perTask, budget } = evaluation;
      const steps = perTask.reduce((sum, task) => sum + task.steps, 0);
      const invalid = perTask.reduce((sum, task) => sum + task.invalidActions, 0);
      return [
        method,
        String(iteration),
        percentInterval(winRate(evaluation)),
        decimal(meanReward(evaluation), 3),
        percent(steps === 0 ? 0 : invalid / steps),
        count(budget.simulations),
        count(budget.environmentSteps),
        count(budget.tokens),
        decimal(budget.seconds / 60, 1),
      ];
    }),
  };
}
