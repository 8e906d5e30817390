import { defineCommand } from "citty";
import { readTrajectories, trajectoryFormats } from "../formats/formats.ts";
import { writeTrajectories } from "../formats/native.ts";

export const examples = [
  "eef import react_500.jsonl --format webshop-react --out trajectories.jsonl",
  "eef import episodes.jsonl --policy gpt-4 --out gpt-4.jsonl",
];

export default defineCommand({
  meta: { description: "Bring recorded trajectories of another format into this project's own" },
  args: {
    file: { type: "positional", description: "The file to read", required: true },
    format: {
      type: "string",
      description: `Its format, if not to be recognised: ${trajectoryFormats.map(({ name }) => name).join(", ")}`,
      valueHint: "NAME",
    },
    policy: { type: "string", description: "Name of who acted", valueHint: "NAME" },
    out: { type: "string", description: "The file to write", valueHint: "FILE", required: true },
  },
  run: async ({ args }) => {
    const options = {
      ...(args.format === undefined ? {} : { format: args.format }),
      ...(args.policy === undefined ? {} : { policy: args.policy }),
    };
    async function* trajectories() {
      for await (const { trajectory } of readTrajectories(args.file, options)) yield trajectory;
    }
    const count = await writeTrajectories(args.out, trajectories());
    console.log(
      `Wrote ${count} trajectories to ${args.out}. \`eef summary ${args.out}\` tells what they hold.`,
    );
  },
});
