import { defineCommand } from "citty";
import { readTrajectories, trajectoryFormats } from "../formats/formats.ts";
import { summarizeTrajectories, trajectorySummaryToText } from "../report/trajectory-summary.ts";
import type { Trajectory } from "../trajectory.ts";

export const examples = ["eef summary trajectories.jsonl", "eef summary react_500.jsonl --json"];

export default defineCommand({
  meta: { description: "Tell what files of trajectories hold: wins, rewards, lengths, actions" },
  args: {
    files: { type: "positional", description: "Files of trajectories; name as many as there are" },
    format: {
      type: "string",
      description: `Their format, if not to be recognised: ${trajectoryFormats.map(({ name }) => name).join(", ")}`,
      valueHint: "NAME",
    },
    json: { type: "boolean", description: "Print the summary as JSON" },
  },
  run: async ({ args }) => {
    const trajectories: Trajectory[] = [];
    for (const file of args._) {
      const options = args.format === undefined ? {} : { format: args.format };
      for await (const { trajectory } of readTrajectories(file, options)) trajectories.push(trajectory);
    }
    const summary = summarizeTrajectories(trajectories);
    console.log(args.json ? JSON.stringify(summary, null, 2) : trajectorySummaryToText(summary));
  },
});
