import { defineCommand } from "citty";
import { writeFileAtomically } from "../files.ts";
import { renderReport } from "../report/html/report.ts";
import { readResults } from "../run/results.ts";
import { readRunDirectory } from "../run/run-directory.ts";

export const examples = ["eef report runs/latest"];

export default defineCommand({
  meta: { description: "Write a run's report.html again, also of an unfinished run" },
  args: {
    run: { type: "positional", required: true, description: "A run directory" },
    baseline: { type: "string", description: "The method the others are compared with", valueHint: "METHOD" },
  },
  run: ({ args }) => {
    using directory = readRunDirectory(args.run);
    const options = args.baseline === undefined ? {} : { baseline: args.baseline };
    const file = directory.file("report.html");
    writeFileAtomically(file, renderReport(readResults(directory), options));
    console.log(file);
  },
});
