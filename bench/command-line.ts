import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { readNumberArgument } from "../src/cli/number-argument.ts";
import { EefError } from "../src/errors.ts";

/** What whoever starts a benchmark can mend: it is told without a stack. */
export class BenchmarkError extends EefError {
  override readonly name = "BenchmarkError";
}

type Options = NonNullable<ParseArgsConfig["options"]>;
type CommandLine<Given extends Options> = ReturnType<
  typeof parseArgs<{ options: Given; allowPositionals: true }>
>;

/**
 * Reads the command line of a benchmark. `--help` prints the comment at the script's head instead, where its options stand. From
 * here on an EefError that ends the program is told without its stack.
 * @param script `import.meta.url` of the benchmark.
 * @param required What has to be named besides the options, in order.
 */
export function readCommandLine<const Given extends Options>(
  script: string,
  options: Given,
  required: readonly string[] = [],
): CommandLine<Given> {
  process.on("uncaughtException", tell);
  const given = process.argv.slice(2);
  if (given.includes("--help")) {
    console.log(commentAtHeadOf(script));
    process.exit();
  }
  const read = parse(given, options);
  const missing = required[read.positionals.length];
  if (missing !== undefined) throw mistake(`Name ${missing}.`);
  const surplus = read.positionals[required.length];
  if (surplus !== undefined) throw mistake(`Unexpected argument: ${JSON.stringify(surplus)}.`);
  return read;
}

/** A whole number of at least 1. @throws ConfigurationError naming the option. */
export function count(option: string, text: string): number {
  return readNumberArgument(option, text, { integer: true, least: 1 });
}

function parse<const Given extends Options>(args: string[], options: Given): CommandLine<Given> {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // Node's own errors about arguments.
    if (error instanceof TypeError) throw mistake(error.message);
    throw error;
  }
}

function mistake(message: string): BenchmarkError {
  return new BenchmarkError(message, { hint: "--help shows how the benchmark is called." });
}

function tell(error: unknown): void {
  if (error instanceof EefError) {
    console.error(`Error: ${error.message}${error.hint === undefined ? "" : `\n${error.hint}`}`);
  } else console.error(error);
  process.exit(1);
}

/** Without the marks of a comment. */
function commentAtHeadOf(script: string): string {
  const [, comment = ""] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(fileURLToPath(script), "utf8")) ?? [];
  return comment.replaceAll(/^ \* ?/gm, "").trim();
}
