import { readFileSync } from "node:fs";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";
import { type CommandDef, renderUsage, runCommand } from "citty";
import { ZodError, z } from "zod";
import { EefError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { InterruptedError } from "../run/errors.ts";
import { checkArguments } from "./check-arguments.ts";
import { type Command, commands } from "./commands.ts";

/** Exit codes. 70 is the customary one for a defect of the program (EX_SOFTWARE), 130 for an interruption. */
export const exitCodes = { success: 0, failure: 1, defect: 70, interrupted: 130 } as const;

/** Runs one command line and returns the process's exit code. Errors are printed to standard error. */
export async function runCommandLine(rawArguments: readonly string[]): Promise<number> {
  try {
    await dispatch(rawArguments);
    return exitCodes.success;
  } catch (error) {
    return reportError(error);
  }
}

async function dispatch([name, ...rest]: readonly string[]): Promise<void> {
  if (name === "help" && rest.length > 0) {
    await dispatch([...rest, "--help"]);
    return;
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(overview());
    return;
  }
  if (name === "--version" || name === "-v") {
    console.log(version());
    return;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    const suggestion = nearest(name, Object.keys(commands));
    throw new EefError(`There is no command "${name}".`, {
      hint: suggestion === undefined ? "eef --help lists the commands." : `Did you mean "${suggestion}"?`,
    });
  }
  const { default: command, examples } = await entry.load();
  const [innermost, path, remaining] = await resolveSubCommand(command, [`eef ${name}`], rest);
  if (remaining.includes("--help") || remaining.includes("-h")) {
    console.log(await usage(innermost, path, examples));
    return;
  }
  checkArguments(path.join(" "), (await value(innermost.args)) ?? {}, remaining);
  await runCommand(innermost, { rawArgs: [...remaining] });
}

async function resolveSubCommand(
  command: Command,
  path: readonly string[],
  rest: readonly string[],
): Promise<[Command, readonly string[], readonly string[]]> {
  const subCommands = await value(command.subCommands);
  const [name, ...remaining] = rest;
  if (subCommands === undefined || name === undefined || name.startsWith("-")) return [command, path, rest];
  const next = Object.hasOwn(subCommands, name) ? await value(subCommands[name]) : undefined;
  if (next === undefined) {
    const known = Object.keys(subCommands);
    throw new EefError(`${path.join(" ")} has no command "${name}".`, {
      hint: `It has ${known.join(", ")}.`,
    });
  }
  return resolveSubCommand(next, [...path, name], remaining);
}

/** citty's definitions may be values, promises or functions that give one. */
async function value<T>(resolvable: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return await (resolvable instanceof Function ? resolvable() : resolvable);
}

async function usage(
  command: Command,
  path: readonly string[],
  examples: readonly string[] = [],
): Promise<string> {
  const meta = await value(command.meta);
  const named: CommandDef = { ...command, meta: { ...meta, name: path.join(" ") } };
  const lines = examples.map((example) => `  ${example}`);
  const coloured = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  const rendered = await renderUsage(named);
  const text = coloured ? rendered : stripVTControlCharacters(rendered);
  return lines.length === 0 ? text : `${text.trimEnd()}\n\nEXAMPLES\n\n${lines.join("\n")}\n`;
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { description }]) => `  ${name.padEnd(width)}  ${description}`,
  );
  return `eef ${version()}: fine-tune language-model agents on what their experts got wrong.

Usage: eef COMMAND [OPTIONS]

${lines.join("\n")}

eef COMMAND --help tells more about a command.

Examples
  eef run eef.config.ts            run everything; run it again to continue after an interruption
  eef compare runs/a runs/b        one table over several runs
  eef explain runs/latest TASK     why was this action trained on?`;
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}

function reportError(error: unknown): number {
  if (error instanceof InterruptedError) {
    console.error(`\n${error.message}\n${error.hint}`);
    return exitCodes.interrupted;
  }
  if (error instanceof EefError) {
    console.error(`Error: ${error.message}${error.hint === undefined ? "" : `\n${error.hint}`}`);
    return exitCodes.failure;
  }
  // citty's own errors about arguments are the user's to mend.
  if (error instanceof Error && error.name === "CLIError") {
    console.error(`Error: ${error.message}\nAdd --help to see what the command takes.`);
    return exitCodes.failure;
  }
  console.error("This is a defect of eef, not of your input. Please report it with the text below.");
  console.error(error instanceof ZodError ? z.prettifyError(error) : "", error);
  return exitCodes.defect;
}
