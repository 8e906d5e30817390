import { defineCommand } from "citty";
import { loadFromArguments } from "./config-arguments.ts";
import { dryRun, dryRunArgument } from "./dry-run.ts";
import { readNumberArgument } from "./number-argument.ts";
import { phaseArguments, runUpTo } from "./phase.ts";

export const examples = [
  "eef train eef.config.ts --method EEF --iteration 1",
  "eef train eef.config.ts --method EEF --iteration 1 --dry-run",
];

export default defineCommand({
  meta: { description: "Run one method up to an iteration's fine-tuned student" },
  args: { ...phaseArguments, ...dryRunArgument },
  run: async ({ args }) => {
    if (args["dry-run"] !== true) return await runUpTo("train", args);
    const iteration = readNumberArgument("iteration", args.iteration, { integer: true, least: 0 });
    await dryRun(await loadFromArguments(args), { phase: "train", method: args.method, iteration });
  },
});
