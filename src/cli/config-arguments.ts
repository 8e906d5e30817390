import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { type RunConfig, resolveConfig } from "../run/config.ts";

/** The arguments of every command that takes a configuration. */
export const configArguments = {
  config: {
    type: "positional",
    required: false,
    default: "eef.config.ts",
    description: "The configuration, a TypeScript or JavaScript file",
  },
  name: { type: "string", description: "Another name for the run directory", valueHint: "NAME" },
  seed: { type: "string", description: "Another seed; the run is then called NAME-seed-N", valueHint: "N" },
  data: {
    type: "string",
    description: "A folder of data files, for configurations that take one",
    valueHint: "DIR",
  },
  output: { type: "string", description: "The folder of run directories", valueHint: "DIR" },
  reuse: {
    type: "string",
    description: "A run directory whose experts' episodes are taken over",
    valueHint: "RUN",
  },
} as const;

export interface ConfigArgumentValues {
  readonly config: string;
  readonly name?: string | undefined;
  readonly seed?: string | undefined;
  readonly data?: string | undefined;
  readonly output?: string | undefined;
  readonly reuse?: string | undefined;
}

/** Loads the configuration that a command line names. */
export async function loadFromArguments(given: ConfigArgumentValues): Promise<RunConfig> {
  const file = resolve(given.config);
  if (!existsSync(file)) {
    throw new ConfigurationError(`There is no configuration ${given.config}.`, {
      hint: "Name the file: eef run path/to/eef.config.ts",
    });
  }
  const seed = given.seed === undefined ? undefined : parseSeed(given.seed);
  const exported = z.object({ default: z.unknown() }).safeParse(await import(pathToFileURL(file).href));
  if (!exported.success || exported.data.default === undefined) {
    throw new ConfigurationError(`${given.config} has no default export.`, {
      hint: "Write: export default defineConfig({ ... })",
    });
  }
  const written = await call(exported.data.default, { seed, data: given.data });
  const config = resolveConfig(written, given.config);
  return {
    ...config,
    ...(seed === undefined ? {} : { seed, name: `${config.name}-seed-${seed}` }),
    ...(given.name === undefined ? {} : { name: resolveConfig({ ...config, name: given.name }).name }),
    ...(given.output === undefined ? {} : { output: given.output }),
    ...(given.reuse === undefined ? {} : { reuse: given.reuse }),
  };
}

/** A configuration may be a function of the command line. */
async function call(
  exported: unknown,
  { seed, data }: { readonly seed: number | undefined; readonly data: string | undefined },
): Promise<unknown> {
  if (typeof exported !== "function") {
    if (data === undefined) return exported;
    throw new ConfigurationError("This configuration takes no --data.", {
      hint: "Only a configuration that is a function does: defineConfig(({ data }) => ({ ... })).",
    });
  }
  const written: unknown = await exported({
    ...(seed === undefined ? {} : { seed }),
    ...(data === undefined ? {} : { data }),
  });
  return written;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new ConfigurationError(`--seed takes an integer of at least 0, not "${text}".`);
}
