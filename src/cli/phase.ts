import type { RunConfig } from "../run/config.ts";
import { runPipeline, type StopAfter } from "../run/pipeline.ts";
import { runPath } from "../run/run-directory.ts";
import { type ConfigArgumentValues, configArguments, loadFromArguments } from "./config-arguments.ts";
import { onInterrupt } from "./interrupt.ts";
import { readNumberArgument } from "./number-argument.ts";
import { terminalProgress } from "./progress.ts";

/** The arguments of the commands that run one method up to a phase of an iteration. */
export const phaseArguments = {
  ...configArguments,
  method: {
    type: "string",
    required: true,
    description: "The method, by its name in the table",
    valueHint: "METHOD",
  },
  iteration: {
    type: "string",
    default: "1",
    description: "The iteration; 0 is behaviour cloning",
    valueHint: "N",
  },
} as const;

interface PhaseArgumentValues extends ConfigArgumentValues {
  readonly method: string;
  readonly iteration: string;
}

/** Runs one method up to and including a phase, with all that comes before it. */
export async function runUpTo(
  phase: Exclude<StopAfter["phase"], "expert">,
  { method, iteration, ...rest }: PhaseArgumentValues,
): Promise<void> {
  const number = readNumberArgument("iteration", iteration, { integer: true, least: 0 });
  const config = await loadFromArguments(rest);
  await runAndSay(config, { phase, method, iteration: number });
}

export async function runAndSay(config: RunConfig, stopAfter: StopAfter): Promise<void> {
  await runPipeline(config, { progress: terminalProgress(), signal: onInterrupt(), stopAfter });
  console.log(`Stored in ${runPath(config)}. \`eef run\` with the same configuration continues from here.`);
}
