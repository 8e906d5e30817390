import { defineCommand } from "citty";
import { ConfigurationError } from "../errors.ts";
import { parseAssumptions } from "../estimate/assumptions.ts";
import { estimateToText } from "../estimate/describe-estimate.ts";
import { estimateRun } from "../estimate/estimate.ts";
import { configArguments, loadFromArguments } from "./config-arguments.ts";
import { terminalProgress } from "./progress.ts";

export const examples = [
  "eef estimate eef.config.ts",
  "eef estimate eef.config.ts --assume gpus=8,gpu-price=1.2 --json",
];

export default defineCommand({
  meta: { description: "Tell what a configuration will take: episodes, steps, tokens, hours, costs" },
  args: {
    ...configArguments,
    assume: {
      type: "string",
      description: "Replaces assumptions, which are printed with the estimate",
      valueHint: "NAME=VALUE,…",
    },
    json: { type: "boolean", description: "Print the estimate as JSON" },
  },
  run: async ({ args, rawArgs }) => {
    refuseTwoLists(rawArgs);
    const given = parseAssumptions(args.assume);
    const config = await loadFromArguments(args);
    const estimate = await estimateRun(config, given, terminalProgress());
    console.log(args.json === true ? JSON.stringify(estimate, null, 2) : estimateToText(estimate));
  },
});

/** Of an option that is given twice only the last would be read. */
function refuseTwoLists(rawArguments: readonly string[]): void {
  if (rawArguments.filter((argument) => /^--assume(=|$)/.test(argument)).length < 2) return;
  throw new ConfigurationError("--assume is given twice.", {
    hint: "Write one list: --assume gpus=8,gpu-price=1.2",
  });
}
