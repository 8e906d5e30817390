import { defineCommand } from "citty";
import { configArguments, loadFromArguments } from "./config-arguments.ts";
import { runAndSay } from "./phase.ts";

export const examples = ["eef expert eef.config.ts"];

export default defineCommand({
  meta: { description: "Collect the experts' trajectories and nothing else" },
  args: configArguments,
  run: async ({ args }) => runAndSay(await loadFromArguments(args), { phase: "expert" }),
});
