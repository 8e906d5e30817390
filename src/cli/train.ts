import { defineCommand } from "citty";
import { dryRun, dryRunArgument } from "./dry-run.ts";
import { loadUpTo, phaseArguments, runAndSay } from "./phase.ts";

export const examples = [
  "eef train eef.config.ts --method EEF --iteration 1",
  "eef train eef.config.ts --method EEF --iteration 1 --dry-run",
];

export default defineCommand({
  meta: { description: "Run one method up to an iteration's fine-tuned student" },
  args: { ...phaseArguments, ...dryRunArgument },
  run: async ({ args }) => {
    const { config, stopAfter } = await loadUpTo("train", args);
    await (args["dry-run"] === true ? dryRun(config, stopAfter) : runAndSay(config, stopAfter));
  },
});
