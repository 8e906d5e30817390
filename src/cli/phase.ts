import { ConfigurationError } from "../errors.ts";
import type { Method } from "../methods/method.ts";
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
    description: "The iteration (default 1, or 0 of a method that ends there); 0 is behaviour cloning",
    valueHint: "N",
  },
} as const;

interface PhaseArgumentValues extends ConfigArgumentValues {
  readonly method: string;
  readonly iteration?: string | undefined;
}

type Phase = Exclude<StopAfter["phase"], "expert">;

/** Runs one method up to and including a phase, with all that comes before it. */
export async function runUpTo(phase: Phase, values: PhaseArgumentValues): Promise<void> {
  const { config, stopAfter } = await loadUpTo(phase, values);
  await runAndSay(config, stopAfter);
}

/**
 * The configuration that a command line names, and where its run is to stop.
 * @throws ConfigurationError for an iteration that the method does not have.
 */
export async function loadUpTo(
  phase: Phase,
  { method, iteration, ...rest }: PhaseArgumentValues,
): Promise<{ readonly config: RunConfig; readonly stopAfter: StopAfter }> {
  const given = readNumberArgument("iteration", iteration, { integer: true, least: 0 });
  const config = await loadFromArguments(rest);
  const last = config.methods.find(({ name }) => name === method)?.lastIteration;
  const wanted = given ?? Math.min(1, last ?? 1);
  if (last !== undefined && wanted > last) throw noSuchIteration(method, wanted, last);
  const methods = config.methods.map((each) => (each.name === method ? checkedAtItsEnd(each, wanted) : each));
  return { config: { ...config, methods }, stopAfter: { phase, method, iteration: wanted } };
}

export async function runAndSay(config: RunConfig, stopAfter: StopAfter): Promise<void> {
  await runPipeline(config, { progress: terminalProgress(), signal: onInterrupt(), stopAfter });
  console.log(`Stored in ${runPath(config)}. \`eef run\` with the same configuration continues from here.`);
}

/** Not every method can tell beforehand how many iterations it has. */
function checkedAtItsEnd(method: Method, wanted: number): Method {
  return {
    name: method.name,
    options: method.options,
    run: async (context) => {
      let last: number | undefined;
      const student = await method.run({
        ...context,
        finishIteration: async (iteration, policy) => {
          last = iteration;
          await context.finishIteration(iteration, policy);
        },
      });
      if (last !== undefined && last < wanted) throw noSuchIteration(method.name, wanted, last);
      return student;
    },
  };
}

function noSuchIteration(method: string, wanted: number, last: number): ConfigurationError {
  return new ConfigurationError(`${method} has no iteration ${wanted}: it ends with iteration ${last}.`, {
    hint:
      last === 0
        ? "It only clones the experts' wins, which is iteration 0."
        : `Its iterations are 0 (behaviour cloning) to ${last}.`,
  });
}
