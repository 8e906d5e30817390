import { defineCommand } from "citty";
import { EefError } from "../errors.ts";
import { checkMachine } from "./machine-checks.ts";

export const examples = ["eef doctor", "eef doctor --json"];

export default defineCommand({
  meta: { description: "Check that this machine can run eef" },
  args: { json: { type: "boolean", description: "Print the checks as JSON" } },
  run: async ({ args }) => {
    const checks = await checkMachine();
    if (args.json) console.log(JSON.stringify(checks, null, 2));
    else
      for (const { name, ok, detail } of checks) console.log(`${ok ? "ok  " : "FAIL"}  ${name}: ${detail}`);
    const failed = checks.filter((check) => !check.ok);
    if (failed.length > 0) {
      throw new EefError(`${failed.length} of ${checks.length} checks failed.`, {
        hint: "Each failed line says what to do.",
      });
    }
  },
});
