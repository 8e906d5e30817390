import { defineCommand } from "citty";
import { phaseArguments, runUpTo } from "./phase.ts";

export const examples = ["eef explore eef.config.ts --method EEF --iteration 1"];

export default defineCommand({
  meta: { description: "Run one method up to an iteration's simulations" },
  args: phaseArguments,
  run: ({ args }) => runUpTo("explore", args),
});
