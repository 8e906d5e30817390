import { defineCommand } from "citty";
import { writeFileAtomically } from "../files.ts";
import { renderReport } from "../report/html/report.ts";
import { methodResults } from "../report/method-results.ts";
import { readResults } from "../run/results.ts";
import { readRunDirectory } from "../run/run-directory.ts";
import { checkBaseline } from "./print-results.ts";

export const examples = ["eef report runs/latest"];

export default defineCommand({
  meta: { description: "Write a run's report.html again, also of an unfinished run" },
  args: {
    run: { type: "positional", required: true, description: "A run directory" },
    baseline: { type: "string", description: "The method the others are compared with", valueHint: "METHOD" },
  },
  run: ({ args }) => {
    using directory = readRunDirectory(args.run);
    const results = readResults(directory);
    checkBaseline(
      args.baseline,
      methodResults([results]).map(({ method }) => method),
    );
    const options = args.baseline === undefined ? {} : { baseline: args.baseline };
    const file = directory.file("report.html");
    writeFileAtomically(file, renderReport(results, options));
    console.log(file);
  },
});
