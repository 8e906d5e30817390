import { join } from "node:path";
import { defineCommand } from "citty";
import { expertRow } from "../report/method-results.ts";
import { expertName } from "../run/config.ts";
import { runPipeline } from "../run/pipeline.ts";
import { runPath } from "../run/run-directory.ts";
import { configArguments, loadFromArguments } from "./config-arguments.ts";
import { dryRun, dryRunArgument } from "./dry-run.ts";
import { announceDuration } from "./duration.ts";
import { onInterrupt } from "./interrupt.ts";
import { checkBaseline, printEndings, printResults } from "./print-results.ts";
import { terminalProgress } from "./progress.ts";

export const examples = [
  "eef run                              # eef.config.ts in this folder",
  "eef run my.config.ts --seed 3        # another seed: its own run directory",
  "eef run my.config.ts --json > results.json",
];

export default defineCommand({
  meta: { description: "Run a configuration from the experts to the results table" },
  args: {
    ...configArguments,
    baseline: { type: "string", description: "The method the others are compared with", valueHint: "METHOD" },
    json: { type: "boolean", description: "Print the results as JSON" },
    ...dryRunArgument,
  },
  run: async ({ args }) => {
    const config = await loadFromArguments(args);
    checkBaseline(args.baseline, [
      ...config.experts.map((expert) => expertRow(expertName(expert))),
      ...config.methods.map(({ name }) => name),
    ]);
    if (args["dry-run"] === true) return await dryRun(config);
    const duration = await announceDuration(config);
    const progress = terminalProgress({ forecast: duration.forecast });
    const results = await runPipeline(config, { progress, signal: onInterrupt() });
    duration.remember(progress.seconds);
    printEndings(results);
    if (!args.json) console.log("");
    printResults([results], { json: args.json ?? false, baseline: args.baseline });
    console.error(`\nReport: ${join(runPath(config), "report.html")}`);
  },
});
