import { defineCommand } from "citty";
import { EefError } from "../errors.ts";
import { readResults } from "../run/results.ts";
import { readRunDirectory } from "../run/run-directory.ts";
import { printResults } from "./print-results.ts";

export const examples = [
  "eef compare runs/webshop-seed-1 runs/webshop-seed-2",
  'eef compare runs/webshop-seed-* --baseline "RFT x6" --json',
];

export default defineCommand({
  meta: { description: "Compare the methods of one or several runs, paired by seed and task" },
  args: {
    runs: { type: "positional", description: "Run directories; name as many as there are" },
    baseline: { type: "string", description: "The method the others are compared with", valueHint: "METHOD" },
    json: { type: "boolean", description: "Print the table as JSON" },
  },
  run: ({ args }) => {
    if (args._.length === 0) throw new EefError("Name at least one run directory.");
    const runs = args._.map((path) => {
      using directory = readRunDirectory(path);
      return readResults(directory);
    });
    printResults(runs, { json: args.json ?? false, baseline: args.baseline });
  },
});
