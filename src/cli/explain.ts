import { defineCommand } from "citty";
import { ConfigurationError } from "../errors.ts";
import { explain } from "../methods/explain.ts";
import { formatExplanation } from "../methods/explain-text.ts";
import { readMethodSelections, readTrainingTrajectories } from "../run/read-selections.ts";
import { readRunDirectory } from "../run/run-directory.ts";

export const examples = [
  "eef explain runs/latest webshop-train-17",
  'eef explain runs/latest webshop-train-17 --method "RFT x6" --json',
];

export default defineCommand({
  meta: {
    description:
      "Show every expert action of a task: its label, what decided it, and where it was trained on",
  },
  args: {
    run: { type: "positional", required: true, description: "A run directory" },
    task: { type: "positional", required: true, description: "The id of a training task" },
    method: { type: "string", default: "EEF", description: "The method", valueHint: "METHOD" },
    json: { type: "boolean", description: "Print the explanation as JSON" },
  },
  run: ({ args }) => {
    using directory = readRunDirectory(args.run);
    const trajectories = readTrainingTrajectories(directory);
    const known = [...new Set(trajectories.map((trajectory) => trajectory.taskId))];
    if (!known.includes(args.task)) {
      throw new ConfigurationError(
        `${args.run} has no expert trajectory of a training task "${args.task}".`,
        {
          hint: `It has ${known.length} such tasks, for example ${known.slice(0, 5).join(", ")}.`,
        },
      );
    }
    const explanation = explain(args.task, trajectories, readMethodSelections(directory, args.method));
    console.log(args.json ? JSON.stringify(explanation, null, 2) : formatExplanation(explanation).trimEnd());
  },
});
