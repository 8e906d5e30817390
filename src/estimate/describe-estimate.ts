import { count, decimal } from "../report/number-format.ts";
import { textTable } from "../report/text-table.ts";
import type { Assumptions } from "./assumptions.ts";
import type { Costs } from "./costs.ts";
import type { Estimate } from "./estimate.ts";
import type { Work } from "./work.ts";

/** An estimate for a terminal: the work, what it takes, and every assumption behind it. */
export function estimateToText(estimate: Estimate): string {
  const { name, trainTasks, evaluationTasks, costs, notes } = estimate;
  return [
    `${name}: ${trainTasks} training tasks, ${evaluationTasks} to evaluate on.`,
    workTable(estimate),
    ...(costs === undefined ? [] : [costsText(costs, estimate.assumptions)]),
    notes.join("\n"),
    assumptionsTable(estimate.assumptions),
    "Replace any of them: --assume gpus=8,gpu-price=1.2",
  ].join("\n\n");
}

const right = (title: string) => ({ title, align: "right" }) as const;

function workTable({ expert, methods, student }: Estimate): string {
  const row = (title: string, work: Work) => [
    title,
    ...[
      work.episodes,
      work.environmentSteps,
      work.generatedTokens,
      work.newTokens,
      work.promptTokens,
      work.fineTunings,
      work.examples,
      work.exampleTokens,
      work.targetTokens,
    ].map(count),
  ];
  return textTable(
    [
      { title: "", align: "left" },
      right("Episodes"),
      right("Steps"),
      right("Written"),
      right("Read (new)"),
      right("Read (all)"),
      right("Fine-tunings"),
      right("Examples"),
      right("Tokens/epoch"),
      right("Targets/epoch"),
    ],
    [
      ...(expert.episodes === 0 ? [] : [row("Experts", expert)]),
      ...methods.map(({ name, work }) => row(name, work)),
      row("All of the student", student),
    ],
  );
}

function costsText(
  { gpuHours, hours, gpuPrice, expertPrice, hostedTrainingPrice }: Costs,
  assumptions: Assumptions,
): string {
  const gpus = assumptions.gpus.value;
  return [
    `Training takes ${decimal(gpuHours.training, 1)} GPU hours, playing ${decimal(gpuHours.playing, 1)}: ${decimal(hours, 1)} hours on ${gpus} GPU${gpus === 1 ? "" : "s"}, for about ${decimal(gpuPrice, 0)} USD.`,
    ...(expertPrice === 0
      ? []
      : [`The experts' episodes cost about ${decimal(expertPrice, 0)} USD at a hosted model.`]),
    `At a hosted trainer the fine-tunings would cost about ${decimal(hostedTrainingPrice, 0)} USD.`,
  ].join("\n");
}

function assumptionsTable(assumptions: Assumptions): string {
  return textTable(
    [
      { title: "Assumption", align: "left" },
      right("Value"),
      { title: "Unit", align: "left" },
      { title: "From", align: "left" },
    ],
    Object.entries(assumptions).map(([name, { value, unit, source }]) => [
      name,
      Math.abs(value) >= 1e5 ? count(value) : String(Number(value.toPrecision(3))),
      unit,
      source,
    ]),
  );
}
