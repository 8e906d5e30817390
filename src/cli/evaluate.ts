import { defineCommand } from "citty";
import { phaseArguments, runUpTo } from "./phase.ts";

export const examples = ["eef evaluate eef.config.ts --method EEF --iteration 1"];

export default defineCommand({
  meta: { description: "Run one method up to an iteration's evaluation on the held-out tasks" },
  args: phaseArguments,
  run: ({ args }) => runUpTo("evaluate", args),
});
