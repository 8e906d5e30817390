import { defineCommand } from "citty";
import { phaseArguments, runUpTo } from "./phase.ts";

export const examples = ["eef select eef.config.ts --method EEF --iteration 1"];

export default defineCommand({
  meta: { description: "Run one method up to an iteration's labels and examples" },
  args: phaseArguments,
  run: ({ args }) => runUpTo("select", args),
});
