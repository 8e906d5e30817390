import { existsSync, statSync } from "node:fs";
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
  if (!statSync(file).isFile()) {
    throw new ConfigurationError(`${given.config} is a folder, not a configuration.`, {
      hint: "Name the file in it, such as eef.config.ts.",
    });
  }
  const seed = given.seed === undefined ? undefined : parseSeed(given.seed);
  const exported = z.object({ default: z.unknown() }).safeParse(await importConfig(file, given.config));
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

/** What Node says of a file that it cannot load, or that imports what there is not. */
const loaderError =
  /^ERR_(MODULE_NOT_FOUND|UNSUPPORTED_DIR_IMPORT|UNKNOWN_FILE_EXTENSION|INVALID_MODULE_SPECIFIER|PACKAGE_PATH_NOT_EXPORTED|(INVALID|UNSUPPORTED)_TYPESCRIPT_SYNTAX)$/;

async function importConfig(file: string, name: string): Promise<unknown> {
  try {
    const module: unknown = await import(pathToFileURL(file).href);
    return module;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? String(error.code) : "";
    if (!(error instanceof SyntaxError || loaderError.test(code))) throw error;
    throw new ConfigurationError(`${name} cannot be loaded: ${error.message}${placeOf(error)}`, {
      cause: error,
      hint: "A configuration is a TypeScript or JavaScript module; docs/configuration.md shows one.",
    });
  }
}

/** The lines before the error's own in its stack, where there are any: the place with its line number, and the code there. */
function placeOf({ name, stack = "" }: Error): string {
  const lines = stack.split("\n");
  const end = lines.findIndex((line) => line.startsWith(name));
  const shown = lines.slice(0, Math.max(0, end)).filter((line) => line.trim() !== "");
  return shown
    .slice(0, 8)
    .map((line) => `\n  ${line}`)
    .join("");
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
